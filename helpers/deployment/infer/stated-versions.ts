import { existsSync, readFileSync } from "node:fs";
import { textOf } from "../compose/loading/nodes.ts";
import { FaultList } from "../source/fault-list.ts";
import { SourceFile } from "../source/source-file.ts";
import { nodeAt, parseYaml } from "../source/yaml-tree.ts";
import type { PolicyDraft } from "./policy-input.ts";

/**
 * The versions of parts that an earlier policy states (`parts: { litellm: { version: 1.77.1 } }`), by part. They are the operator's
 * answer to a tag without a version, which no other file gives.
 *
 * @param file the policy's absolute path
 * @returns nothing where there is no policy, or where it can't be read
 */
export function statedVersions(file: string): ReadonlyMap<string, string> {
  if (!existsSync(file)) return new Map();
  const root = parseYaml(new SourceFile(file, readFileSync(file, "utf8")), new FaultList());
  const parts = root === undefined ? undefined : nodeAt(root, "parts");
  if (parts?.kind !== "map") return new Map();
  return new Map(
    [...parts.entries].flatMap(([part, { value }]) => {
      const version = textOf(nodeAt(value, "version"));
      return version === undefined ? [] : [[part, version] as const];
    }),
  );
}

/** What a new policy says of the parts whose versions an earlier one states. */
export function versionParts(versions: ReadonlyMap<string, string>): PolicyDraft["parts"] {
  return new Map([...versions].map(([part, version]) => [part, { value: { version } }]));
}
