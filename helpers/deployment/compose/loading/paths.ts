import { isAbsolute, join, resolve } from "node:path";
import { nodeAt, type YamlMap, type YamlNode, type YamlScalar } from "../../source/yaml-tree.ts";
import type { VariableLookup } from "../environment/interpolation.ts";
import { changeEach, changeEntry, listNode, scalarNode, textOf } from "./nodes.ts";

/**
 * Makes the relative paths of a canonical tree absolute.
 *
 * Source: compose-go, paths/resolve.go.
 *
 * @param folder absolute path
 * @param variables where `~` finds the home directory
 */
export function resolvePaths(model: YamlMap, folder: string, variables: VariableLookup): YamlMap {
  const path = (node: YamlNode): YamlNode => absolute(node, folder, variables);
  const build = (node: YamlNode): YamlNode => {
    if (node.kind !== "map") return node;
    const context = changeEntry(node, "context", (value) => (isRemote(textOf(value) ?? "") ? value : path(value)));
    return changeEntry(context, "additional_contexts", (contexts) =>
      contexts.kind === "map"
        ? changeEach(contexts, (value) => (isRemote(textOf(value) ?? "") ? value : path(value)))
        : contexts,
    );
  };
  const service = (node: YamlNode): YamlNode => {
    if (node.kind !== "map") return node;
    let result = changeEntry(node, "build", build);
    result = changeEntry(result, "env_file", (files) => eachItem(files, (item) => field(item, "path", path)));
    result = changeEntry(result, "label_file", (files) => eachItem(files, path));
    return changeEntry(result, "volumes", (volumes) =>
      eachItem(volumes, (item) => {
        const isBind = item.kind === "map" && textOf(item.entries.get("type")?.value) === "bind";
        return isBind ? field(item, "source", path) : item;
      }),
    );
  };
  const volume = (node: YamlNode): YamlNode => {
    const [driver, options] = [nodeAt(node, "driver"), nodeAt(node, "driver_opts", "o")].map(textOf);
    if (driver !== "local" || options !== "bind") return node;
    return field(node, "driver_opts", (all) => field(all, "device", path));
  };
  let result = changeEntry(model, "services", (services) =>
    services.kind === "map" ? changeEach(services, service) : services,
  );
  for (const section of ["configs", "secrets"])
    result = changeEntry(result, section, (all) =>
      all.kind === "map" ? changeEach(all, (one) => field(one, "file", path)) : all,
    );
  return changeEntry(result, "volumes", (all) => (all.kind === "map" ? changeEach(all, volume) : all));
}

/** The host's directory that a volume of the local driver binds; undefined for another volume. */
export function boundDevice(volume: YamlNode): string | undefined {
  const options = nodeAt(volume, "driver_opts");
  const words = textOf(nodeAt(options, "o"))?.split(",") ?? [];
  return words.some((word) => /^r?bind$/.test(word.trim())) ? textOf(nodeAt(options, "device")) : undefined;
}

function absolute(node: YamlNode, folder: string, variables: VariableLookup): YamlNode {
  const text = textOf(node);
  if (text === undefined || text === "" || isAbsolute(text) || /^(?:[A-Za-z]:[\\/]|\\\\)/.test(text)) return node;
  if (!text.startsWith("~")) return scalarNode(resolve(folder, text), node);
  const home = variables.get("HOME");
  if (home !== undefined) return scalarNode(join(home, text.slice(1)), node);
  const unset: YamlScalar = scalarNode(text, node);
  const problem = {
    kind: "missing" as const,
    what: "'~' is the home directory, and the variable 'HOME' is not set",
    fix: "add 'HOME: ./FOLDER' under 'variables:' in policy.yaml, with what stands for the home directory here",
    location: node.location,
  };
  return { ...unset, problems: [...(unset.problems ?? []), problem] };
}

/** Whether a build context is a repository, an image, another service or the like, and not a directory. */
function isRemote(context: string): boolean {
  return context.includes("://") || /^(?:service:|github\.com\/|git@)/.test(context);
}

function eachItem(node: YamlNode, change: (item: YamlNode) => YamlNode): YamlNode {
  return node.kind === "list" ? listNode(node.items.map(change), node) : node;
}

function field(node: YamlNode, key: string, change: (value: YamlNode) => YamlNode): YamlNode {
  return node.kind === "map" ? changeEntry(node, key, change) : node;
}
