import { existsSync } from "node:fs";
import { textOf } from "../../compose/loading/nodes.ts";
import { nodeAt, type YamlNode } from "../../source/yaml-tree.ts";
import { roleSigns } from "../files/roles.ts";
import type { Stated } from "../policy-input.ts";
import {
  copyInFolder,
  filesInVolumes,
  missingFiles,
  missingMounts,
  onlyConfig,
  pathsInCommand,
} from "./host-copies.ts";
import { environmentText, type ServiceNode } from "./service-nodes.ts";

/** Where Traefik looks for its static file in `/etc/traefik` by itself. Source: Traefik's documentation, "Configuration File". */
const staticFiles = ["yml", "yaml", "toml"].map((ending) => `/etc/traefik/traefik.${ending}`);

/** Copies of what LiteLLM and Traefik mount from the host. */
export function copiesOf(
  folder: string,
  services: readonly ServiceNode[],
  filled: (text: string) => string,
): Map<string, Stated<string>> {
  const copies = new Map<string, Stated<string>>();
  for (const { node, outline, home, volumes } of services) {
    if (roleSigns(outline, "litellm") === 0 && roleSigns(outline, "traefik") === 0) continue;
    for (const mount of missingMounts(node, folder, home, filled, volumes)) {
      const wanted = [...pathsInCommand(outline.command), ...(roleSigns(outline, "traefik") > 0 ? staticFiles : [])];
      const isConfig = roleSigns(outline, "litellm") > 0 && wanted.includes(mount.target);
      const copy = copyInFolder(mount, folder, wanted) ?? (isConfig ? onlyConfig(folder) : undefined);
      if (copy === undefined || existsSync(mount.path)) continue;
      copies.set(mount.stated, {
        value: `./${copy}`,
        questions: [`is ${copy} a copy of ${mount.stated}, which is not in this folder?`],
      });
    }
    if (roleSigns(outline, "litellm") === 0) continue;
    const named = [
      ...pathsInCommand(outline.command),
      ...pathsInCommand(environmentText(node, "CONFIG_FILE_PATH") ?? ""),
    ];
    for (const path of filesInVolumes(node, named, volumes)) {
      const copy = copyInFolder({ path, target: path }, folder, []) ?? onlyConfig(folder);
      if (copy === undefined) continue;
      copies.set(path, {
        value: `./${copy}`,
        questions: [`is ${copy} a copy of ${path}, in a volume that no file of the folder fills?`],
      });
    }
  }
  return copies;
}

/** Copies of the configs that were made outside of compose and that services have, by the names of their targets. */
export function externalCopies(
  folder: string,
  root: YamlNode,
  services: readonly ServiceNode[],
): Map<string, Stated<string>> {
  const copies = new Map<string, Stated<string>>();
  for (const { node } of services) {
    const configs = nodeAt(node, "configs");
    for (const item of configs?.kind === "list" ? configs.items : []) {
      const source = textOf(item) ?? textOf(nodeAt(item, "source")) ?? "";
      const declared = nodeAt(root, "configs", source);
      const external = nodeAt(declared, "external");
      const target = textOf(nodeAt(item, "target"));
      if (external === undefined || target === undefined) continue;
      const written = textOf(nodeAt(declared, "name")) ?? textOf(nodeAt(external, "name")) ?? source;
      const name = written.replaceAll(/\$\{\w+:?-([^}]*)\}/g, "$1");
      const copy = copyInFolder({ path: target, target }, folder, []);
      if (copy === undefined || name.includes("$")) continue;
      copies.set(name, { value: `./${copy}`, questions: [`is ${copy} the external config ${name}?`] });
    }
  }
  return copies;
}

/** Copies of the configs whose files are missing, by the names of the files. */
export function configCopies(folder: string, home: string, root: YamlNode): Map<string, Stated<string>> {
  return new Map(
    missingFiles(root, "configs", folder, home).flatMap(({ path, stated }) => {
      const copy = copyInFolder({ path, target: path }, folder, []);
      if (copy === undefined) return [];
      const questions = [`is ${copy} a copy of ${stated}, which is not in this folder?`];
      return [[stated, { value: `./${copy}`, questions }] as const];
    }),
  );
}
