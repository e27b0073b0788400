import type { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation, Written } from "../../source/location.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { nodeAt, type ValueProblem, type YamlMap, type YamlNode } from "../../source/yaml-tree.ts";
import { isNull, textOf } from "../loading/nodes.ts";
import type { ComposeValue } from "../types.ts";
import { shellWords } from "./shell-words.ts";

/** Finds a file as written, for edits. */
export type TextOf = (source: SourceFile) => ComposeValue["yaml"];

/** A text with its location; undefined without one. */
export function written(map: YamlMap, key: string): Written<string> | undefined {
  const entry = map.entries.get(key);
  const value = textOf(entry?.value);
  return entry === undefined || value === undefined ? undefined : { value, location: entry.keyLocation };
}

/** A text; undefined without one. */
export function textAt(map: YamlMap | undefined, ...path: (string | number)[]): string | undefined {
  return textOf(nodeAt(map, ...path));
}

/** A truth value, also as a text; undefined without one. */
export function flagAt(map: YamlMap, ...path: (string | number)[]): boolean | undefined {
  const text = textAt(map, ...path)?.toLowerCase();
  if (text === undefined) return undefined;
  return ["true", "y", "yes", "on", "1"].includes(text);
}

/** The items of a list; a single value counts as one. */
export function itemsAt(map: YamlMap, ...path: (string | number)[]): readonly YamlNode[] {
  const node = nodeAt(map, ...path);
  if (node === undefined || isNull(node)) return [];
  return node.kind === "list" ? node.items : [node];
}

/** The entries of a mapping in the place of {@link NodeEntry.value}. */
export interface NodeEntry {
  name: string;
  location: SourceLocation;
  value: YamlNode;
}

/** The entries of a mapping; none for another value. */
export function entriesAt(map: YamlMap | undefined, ...path: (string | number)[]): NodeEntry[] {
  const node = map === undefined ? undefined : nodeAt(map, ...path);
  if (node?.kind !== "map") return [];
  return [...node.entries].map(([name, { keyLocation, value }]) => ({ name, location: keyLocation, value }));
}

/** The texts of a mapping by name, with their places; a name without a value is an empty text. */
export function valuesAt(map: YamlMap, textOfFile: TextOf, ...path: (string | number)[]): Map<string, ComposeValue> {
  return new Map(
    entriesAt(map, ...path).map(({ name, location, value }) => [
      name,
      { value: textOf(value) ?? "", location, path: value.path, yaml: textOfFile(value.source) },
    ]),
  );
}

/** A command or an entry point as words, each with its location; undefined without one. */
export function wordsAt(
  map: YamlMap,
  key: string,
  within: string,
  textOfFile: TextOf,
  faults: FaultList,
): ComposeValue[] | undefined {
  const node = map.entries.get(key)?.value;
  if (node === undefined || isNull(node)) return undefined;
  const yaml = textOfFile(node.source);
  if (node.kind === "list")
    return node.items.map((item) => ({ value: textOf(item) ?? "", location: item.location, path: item.path, yaml }));
  try {
    return shellWords(textOf(node) ?? "").map((value) => ({
      value,
      location: lineOfWord(node, value),
      path: node.path,
      yaml,
    }));
  } catch (error) {
    faults.add(
      node.location,
      `${within}.${key}: ${error instanceof Error ? error.message : String(error)}`,
      "put it in quotes",
    );
    return undefined;
  }
}

/** A command that is one text may span several lines. */
function lineOfWord(node: YamlNode, word: string): SourceLocation {
  if (node.kind !== "scalar") return node.location;
  const { source, start, end } = node.span;
  const offset = source.text.indexOf(word, start);
  return offset === -1 || offset >= end ? node.location : { file: source.file, line: source.lineAt(offset) };
}

/** Everything that is wrong with the values of a tree. */
export function problemsOf(node: YamlNode): ValueProblem[] {
  if (node.kind === "scalar") return [...(node.problems ?? [])];
  const inside = node.kind === "list" ? node.items : [...node.entries.values()].map(({ value }) => value);
  return inside.flatMap(problemsOf);
}
