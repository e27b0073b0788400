import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { FaultList } from "./fault-list.ts";
import type { Patch } from "./patched-copy.ts";
import { listOf, mapping, oneOf, readShape, text } from "./shape.ts";
import { readSource } from "./source-file.ts";
import { locationOf, parseYaml, toPlain } from "./yaml-tree.ts";

/** A deployment that an operator may have legitimately, as changes to another one. Nothing of it may fail. */
export interface Variant {
  /** Absolute path of its file. */
  file: string;
  /** Absolute folder of the deployment that is changed. */
  base: string;
  /** Why it is legitimate, in one sentence. */
  title: string;
  /** What it is tried on: the checks at the edge, or named spec files on the whole gateway. */
  stage: "edge" | "gateway";
  /** Versions of parts that replace the deployment's. */
  versions: { litellm?: string; traefik?: string };
  /** On the whole gateway: the ends of the paths of the spec files that are run. */
  specs: readonly string[];
  patches: readonly Patch[];
}

const patchShape = mapping({
  file: text,
  find: text.optional(),
  replace: z.string({ error: "a text" }).optional(),
  write: z.string({ error: "a text" }).optional(),
});

const variantShape = mapping({
  title: text,
  base: text.default("../reference"),
  stage: oneOf("edge", "gateway").default("edge"),
  versions: mapping({ litellm: text.optional(), traefik: text.optional() }).default({}),
  specs: listOf(text).default([]),
  patches: listOf(patchShape).min(1, { error: "a list with at least one patch" }),
});

/**
 * Reads a variant.
 *
 * @param file absolute path; `base` is relative to its folder
 * @throws {DeploymentError} with every fault of the file: its shape, a patch that is neither `find` and `replace` nor `write`,
 *   a text that is not in the file to be changed
 */
export function readVariant(file: string): Variant {
  const faults = new FaultList();
  const source = readSource(file, faults, "write title: and patches:");
  const root = source === undefined ? undefined : parseYaml(source, faults);
  const data = root && readShape(variantShape, root, toPlain(root), faults);
  faults.throwIfAny();
  if (root === undefined || data === undefined)
    throw new Error(`${file} could not be read, and no fault gives the reason`);
  const base = resolve(dirname(file), data.base);
  const texts = new Map<string, string>();
  const patches = data.patches.flatMap(({ file: target, find, replace, write }, index): Patch[] => {
    const at = locationOf(root, ["patches", index]);
    if (write !== undefined && find === undefined && replace === undefined) {
      texts.set(target, write);
      return [{ file: target, write }];
    }
    if (write !== undefined || find === undefined || replace === undefined) {
      faults.add(at, "a patch has other keys than 'find' and 'replace', or 'write'", "write both, or 'write' alone");
      return [];
    }
    const path = join(base, target);
    const before = texts.get(target) ?? (existsSync(path) ? readFileSync(path, "utf8") : undefined);
    if (before === undefined) faults.add(at, `${target} is not in ${data.base}`, "correct 'file', or use 'write'");
    else if (!before.includes(find))
      faults.add(at, `'find' is not in ${target}`, `copy the text from ${target} as it is now`);
    else
      texts.set(
        target,
        before.replaceAll(find, () => replace),
      );
    return [{ file: target, find, replace }];
  });
  if (data.stage === "gateway" && data.specs.length === 0)
    faults.add(locationOf(root, []), "'specs' is missing", "name the spec files that prove the variant on the gateway");
  faults.throwIfAny();
  const { litellm, traefik } = data.versions;
  const versions = { ...(litellm === undefined ? {} : { litellm }), ...(traefik === undefined ? {} : { traefik }) };
  return { file, base, title: data.title, stage: data.stage, versions, specs: data.specs, patches };
}
