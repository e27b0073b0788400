import { basename } from "node:path";
import type { FaultList } from "../source/fault-list.ts";
import { nodeAt, type YamlNode } from "../source/yaml-tree.ts";
import type { VariableLookup } from "./environment/interpolation.ts";
import { interpolate } from "./environment/interpolation.ts";

/**
 * The compose project's name: `COMPOSE_PROJECT_NAME`, the top-level `name` of the last file that has one, or the folder's
 * name; the last two as compose normalises them. Networks, volumes and Traefik's default names derive from it.
 *
 * Source: compose-go, cli/options.go and loader/loader.go, `projectName`.
 *
 * @param documents the documents of the project's files, as written
 * @param folder absolute path of the project's folder
 */
export function projectName(
  documents: readonly YamlNode[],
  folder: string,
  variables: VariableLookup,
  faults: FaultList,
): string {
  const fromEnvironment = variables.get("COMPOSE_PROJECT_NAME");
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  const names = documents.flatMap((root) => {
    const node = nodeAt(root, "name");
    return node?.kind === "scalar" && node.value !== null && node.value !== "" ? [node] : [];
  });
  const last = names.at(-1);
  const written = last === undefined ? "" : interpolate(String(last.value), variables).value;
  const name = normalisedName(written) || normalisedName(basename(folder));
  if (name === "")
    faults.add(
      last?.location ?? folder,
      "the project has no name that compose accepts",
      "add 'name:' with a name of lower-case letters and digits",
    );
  return name;
}

/** A project's name as compose normalises it: lower case, without any character that compose does not allow in it. */
export function normalisedName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}
