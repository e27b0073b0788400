import { existsSync } from "node:fs";
import { join } from "node:path";
import { FaultList } from "../../helpers/deployment/source/fault-list.ts";
import { listOf, mapping, readShape, text } from "../../helpers/deployment/source/shape.ts";
import { readSource } from "../../helpers/deployment/source/source-file.ts";
import { locationOf, parseYaml, toPlain } from "../../helpers/deployment/source/yaml-tree.ts";
import type { Mutant } from "./mutant.ts";

/** Next to the deployment's other files; optional, like known-gaps.yaml. */
const fileName = "equivalent-mutants.yaml";

const shape = listOf(mapping({ mutant: text, reason: text }));

/**
 * The mutants that are equivalent to the unchanged deployment, by id, each with the reason. An entry names an id; `…` in it
 * matches any text.
 *
 * @throws {DeploymentError} with every fault of the file; an entry that names no mutant is one
 */
export function readEquivalents(folder: string, mutants: readonly Mutant[]): ReadonlyMap<string, string> {
  const file = join(folder, fileName);
  const equivalents = new Map<string, string>();
  if (!existsSync(file)) return equivalents;
  const faults = new FaultList();
  const source = readSource(file, faults, "write it, or remove the link to it");
  const tree = source === undefined ? undefined : parseYaml(source, faults);
  const entries = tree === undefined ? undefined : readShape(shape, tree, toPlain(tree), faults, "equivalents");
  for (const [index, entry] of (entries ?? []).entries()) {
    const named = mutants.filter(({ id }) => matches(entry.mutant, id));
    for (const { id } of named) equivalents.set(id, entry.reason);
    if (named.length > 0 || tree === undefined) continue;
    faults.add(
      locationOf(tree, [index, "mutant"]),
      `no mutant is called '${entry.mutant}'`,
      "remove the entry, or fix its id",
    );
  }
  faults.throwIfAny();
  return equivalents;
}

function matches(pattern: string, id: string): boolean {
  const parts = pattern.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(id);
}
