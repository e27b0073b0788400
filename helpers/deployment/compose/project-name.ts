import { basename } from "node:path";
import type { FaultList } from "../source/fault-list.ts";
import { nodeAt, type YamlNode } from "../source/yaml-tree.ts";

/**
 * The compose project's name: the top-level `name`, or the folder's name as compose normalises it. Networks, volumes and
 * Traefik's default names derive from it. Source: compose-go, loader/loader.go, `projectName`.
 *
 * @param root the compose file with variables interpolated
 * @param folder absolute path of the deployment's folder
 */
export function projectName(root: YamlNode, folder: string, faults: FaultList): string {
  const fallback = normalisedName(basename(folder));
  const node = nodeAt(root, "name");
  if (node === undefined || (node.kind === "scalar" && (node.value === null || node.value === ""))) return fallback;
  if (node.kind !== "scalar") {
    faults.add(node.location, "'name' is not a text", "write the project's name");
    return fallback;
  }
  const name = String(node.value);
  if (/^[a-z0-9][a-z0-9_-]*$/.test(name)) return name;
  const allowed = normalisedName(name);
  faults.add(
    node.location,
    `the project's name is '${name}': compose accepts lower-case letters, digits, '_' and '-' only`,
    allowed === "" ? "write a name that begins with a letter or a digit" : `write '${allowed}'`,
  );
  return fallback;
}

/** Lower case, without any character that compose does not allow in a project's name. */
function normalisedName(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, "")
    .replace(/^[_-]+/, "");
}
