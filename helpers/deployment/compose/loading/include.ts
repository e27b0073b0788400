import { dirname, isAbsolute, join, resolve } from "node:path";
import type { YamlMap, YamlNode } from "../../source/yaml-tree.ts";
import type { ProjectVariables } from "../environment/project-variables.ts";
import { type LoadContext, MAX_INCLUDES } from "./load-context.ts";
import { mergeTrees } from "./merge.ts";
import { isSame, mapNode, textOf, withEntry } from "./nodes.ts";
import { dropPaths, type TreePath } from "./tags.ts";

/** Which files make a model, and what they are read with. */
export interface ModelFiles {
  /** Absolute paths on the host; a later one overrides those in front of it. */
  files: readonly string[];
  /** Absolute path: relative paths start here. */
  folder: string;
  variables: ProjectVariables;
  /** The files that include these ones, the outermost first. */
  includedBy: readonly string[];
}

/** Reads files into one tree in compose's long forms; undefined when nothing could be read. */
export type LoadModel = (input: ModelFiles, context: LoadContext) => YamlMap | undefined;

const sections = ["services", "volumes", "networks", "secrets", "configs", "models"];

/**
 * Adds to a file's tree what it includes; what the file itself says comes last.
 *
 * Source: compose-go, loader/include.go.
 */
export function resolveIncludes(
  own: YamlMap,
  dropped: readonly TreePath[],
  input: ModelFiles & { file: string },
  context: LoadContext,
  load: LoadModel,
): YamlMap {
  const list = own.entries.get("include")?.value;
  let model = withEntry(own, "include", undefined);
  if (list?.kind !== "list") return model;
  for (const item of list.items) {
    const included = loadIncluded(item, input, context, load);
    if (included !== undefined) model = imported(included, model, dropped, context);
  }
  return model;
}

function loadIncluded(
  item: YamlNode,
  { file, folder, variables, includedBy }: ModelFiles & { file: string },
  context: LoadContext,
  load: LoadModel,
): YamlMap | undefined {
  const { envFiles, faults } = context;
  const at = (key: string): YamlNode | undefined => (item.kind === "map" ? item.entries.get(key)?.value : undefined);
  const paths = item.kind === "map" ? texts(at("path")) : texts(item);
  const files = paths.map((path) => resolve(folder, path));
  const [main] = files;
  if (main === undefined) return undefined;
  const chain = [...includedBy, file];
  if (chain.includes(main)) {
    const circle = [...chain.slice(chain.indexOf(main)), main].map((path) => path.slice(path.lastIndexOf("/") + 1));
    faults.add(item.location, `includes itself: ${circle.join(" includes ")}`, "remove this include");
    return undefined;
  }
  const directory = textOf(at("project_directory"));
  const ownFolder = directory === undefined ? dirname(main) : resolve(folder, directory);
  if (--context.includes.left < 0) {
    faults.add(item.location, `more than ${MAX_INCLUDES} files are included`, "include each file once");
    return undefined;
  }
  const named = texts(at("env_file")).filter((path) => path !== "/dev/null");
  const names = named.map((path) => (isAbsolute(path) ? path : join(folder, path)));
  for (const path of names)
    if (!envFiles.has(path))
      faults.add(
        at("env_file")?.location ?? item.location,
        `the env file '${path}' is missing`,
        "write it, or fix the path",
      );
  const dotEnv = join(ownFolder, ".env");
  const layers = (at("env_file") === undefined ? [dotEnv] : names).filter((path) => envFiles.has(path));
  const layered = layers.reduce((known, path) => known.with(envFiles.forInterpolation(path, known)), variables);
  return load(
    { files, folder: ownFolder, variables: layered, includedBy: chain },
    { ...context, namedAt: item.location },
  );
}

function imported(included: YamlMap, own: YamlMap, dropped: readonly TreePath[], { faults }: LoadContext): YamlMap {
  let model = own;
  for (const section of sections) {
    const from = included.entries.get(section);
    if (from?.value.kind !== "map") continue;
    const to = model.entries.get(section);
    const target = to?.value.kind === "map" ? to.value : mapNode([], from.value);
    const entries = new Map(target.entries);
    for (const [name, entry] of from.value.entries) {
      const mine = target.entries.get(name);
      if (mine === undefined) entries.set(name, entry);
      else if (mine.value.kind === "map" && entry.value.kind === "map" && !isSame(mine.value, entry.value)) {
        const below = dropped.flatMap(([one, two, ...rest]) => (one === section && two === name ? [rest] : []));
        const merged = mergeTrees(dropPaths(entry.value, below), mine.value, [section, name], faults);
        entries.set(name, { ...mine, value: merged });
      } else if (mine.value.kind !== "map") entries.set(name, entry);
    }
    model = withEntry(model, section, { ...(to ?? from), value: { ...target, entries } });
  }
  return model;
}

/** A text or a list of texts. */
function texts(node: YamlNode | undefined): string[] {
  const items = node?.kind === "list" ? node.items : node === undefined ? [] : [node];
  return items.flatMap((item) => textOf(item) ?? []);
}
