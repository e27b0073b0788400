import type { YamlEntry, YamlMap, YamlNode } from "../../source/yaml-tree.ts";

/** Keys from the root; `*` stands for any. */
export type TreePath = readonly string[];

/** A tree without what `!reset` removes, and what it removes from the files in front of it. */
export interface Untagged {
  tree: YamlNode;
  /** The paths of `!reset` and `!override`: what earlier files, or a service that is extended, say there is dropped. */
  dropped: readonly TreePath[];
}

/**
 * Takes compose's own tags out of a file's tree.
 *
 * Source: compose-go, loader/reset.go.
 */
export function takeTags(root: YamlNode): Untagged {
  const dropped: TreePath[] = [];
  const visit = (node: YamlNode, path: TreePath): YamlNode | undefined => {
    if (node.tag === "!reset" || node.tag === "!override") dropped.push(path);
    if (node.tag === "!reset") return undefined;
    if (node.kind === "map") {
      const entries = new Map<string, YamlEntry>();
      for (const [key, entry] of node.entries) {
        const value = visit(entry.value, [...path, key]);
        if (value !== undefined) entries.set(key, value === entry.value ? entry : { ...entry, value });
      }
      return { ...node, entries };
    }
    if (node.kind === "list")
      return { ...node, items: node.items.flatMap((item, index) => visit(item, [...path, String(index)]) ?? []) };
    return node;
  };
  return { tree: visit(root, []) ?? { ...root, kind: "map", entries: new Map() }, dropped };
}

/** The mapping without the values at some paths. */
export function dropPaths(map: YamlMap, paths: readonly TreePath[]): YamlMap {
  if (paths.length === 0) return map;
  const entries = new Map<string, YamlEntry>();
  for (const [key, entry] of map.entries) {
    const below = paths.filter(([first]) => first === key).map(([, ...rest]) => rest);
    if (below.some((rest) => rest.length === 0)) continue;
    const { value } = entry;
    entries.set(key, value.kind === "map" && below.length > 0 ? { ...entry, value: dropPaths(value, below) } : entry);
  }
  return { ...map, entries };
}
