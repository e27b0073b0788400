import { dirname, join } from "node:path";
import { isWithin } from "../../source/host-files.ts";
import { pathIn } from "../files/compose-files.ts";
import { secretKind } from "../sections/secret-kinds.ts";
import { envTextAt, variablesOf } from "./env-texts.ts";

/** A variable as an env file of another part of the deployment sets it. */
export interface SharedVariable {
  value: string;
  /** The env file, relative to the deployment's folder; its own name where the folder has its example only. */
  file: string;
}

/**
 * The variables that the env files of a deployment's compose projects set, and those of the folders above them: one that a project
 * leaves open has the same value there as elsewhere, e.g. the name of a network (compose's `--env-file`, or a shell that exports the
 * root's `.env`). One that two files set differently is not among them, nor is a secret, which a run makes up.
 *
 * @param folder the deployment's folder, absolute
 * @param directories those from which the relative paths of the projects start, absolute
 */
export function sharedVariables(folder: string, directories: readonly string[]): ReadonlyMap<string, SharedVariable> {
  const shared = new Map<string, SharedVariable>();
  const differing = new Set<string>();
  const places = [folder, ...directories.flatMap((directory) => upTo(folder, directory))];
  for (const place of new Set(places)) {
    const found = envTextAt(join(place, ".env"));
    for (const [name, value] of variablesOf(found?.text ?? "")) {
      if (found === undefined || value.includes("$") || secretKind(name, value) !== undefined) continue;
      if ((shared.get(name)?.value ?? value) !== value) differing.add(name);
      else if (!shared.has(name)) shared.set(name, { value, file: pathIn(folder, found.path) });
    }
  }
  for (const name of differing) shared.delete(name);
  return shared;
}

/** A directory and those above it, up to the folder. */
function upTo(folder: string, directory: string): string[] {
  if (!isWithin(directory, folder) || directory === folder) return [];
  return [directory, ...upTo(folder, dirname(directory))];
}
