import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import type { FaultList } from "./fault-list.ts";
import type { SourceLocation } from "./location.ts";
import type { SourceFile } from "./source-file.ts";
import type { YamlEntry, YamlList, YamlMap, YamlNode, YamlPath, YamlPosition } from "./yaml-tree.ts";

/** A table while it is filled: TOML may add to it in several places. */
interface OpenMap extends YamlMap {
  entries: Map<string, YamlEntry>;
}

interface OpenList extends YamlList {
  items: YamlNode[];
}

/**
 * Parses a TOML file into the tree that YAML files are read into: every value knows its line and its text. Bad syntax
 * becomes a fault.
 *
 * @returns undefined when the file can't be read
 */
export function parseToml(source: SourceFile, faults: FaultList): YamlNode | undefined {
  try {
    const [table] = parseTOML(source.text, { tomlVersion: "1.0.0" }).body;
    const root = openMap(source, [0, source.text.length], []);
    for (const node of table.body) {
      if (node.type === "TOMLKeyValue") addValue(source, root, node);
      else addTable(source, root, node);
    }
    return root;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    faults.add(
      { file: source.file, line: error.lineNumber },
      `broken TOML: ${error.message}`,
      "fix the syntax near this line",
    );
    return undefined;
  }
}

function locationAt(source: SourceFile, offset: number): SourceLocation {
  return { file: source.file, line: source.lineAt(offset) };
}

function positionOf(source: SourceFile, [start, end]: AST.Range, path: YamlPath): YamlPosition {
  return { location: locationAt(source, start), source, path, usedAt: { start, end }, alias: false };
}

function openMap(source: SourceFile, range: AST.Range, path: YamlPath): OpenMap {
  return { kind: "map", entries: new Map(), ...positionOf(source, range, path) };
}

function addTable(source: SourceFile, root: OpenMap, table: AST.TOMLTable): void {
  const keys = table.key.keys.map(keyText);
  const last = keys.pop() ?? "";
  const parent = stepInto(source, root, keys, table.key.keys);
  const before = parent.entries.get(last)?.value;
  let own: OpenMap;
  if (table.kind === "array") {
    const list = isOpenList(before) ? before : undefined;
    own = openMap(source, table.range, [...parent.path, last, list?.items.length ?? 0]);
    if (list !== undefined) list.items.push(own);
    else {
      const made: OpenList = { kind: "list", items: [own], ...positionOf(source, table.range, [...parent.path, last]) };
      parent.entries.set(last, entryOf(source, table.key.range, made));
    }
  } else if (isOpenMap(before)) own = before;
  else {
    own = openMap(source, table.range, [...parent.path, last]);
    parent.entries.set(last, entryOf(source, table.key.range, own));
  }
  for (const node of table.body) addValue(source, own, node);
}

function addValue(source: SourceFile, map: OpenMap, { key, value }: AST.TOMLKeyValue): void {
  const keys = key.keys.map(keyText);
  const last = keys.pop() ?? "";
  const parent = stepInto(source, map, keys, key.keys);
  parent.entries.set(last, entryOf(source, key.range, nodeOf(source, value, [...parent.path, last])));
}

/** The table at the end of a dotted key, made where there is none yet; of an array of tables the last one. */
function stepInto(
  source: SourceFile,
  map: OpenMap,
  keys: readonly string[],
  nodes: readonly (AST.TOMLBare | AST.TOMLQuoted)[],
): OpenMap {
  let current = map;
  for (const [index, key] of keys.entries()) {
    const found = current.entries.get(key)?.value;
    const next = isOpenList(found) ? found.items.at(-1) : found;
    if (isOpenMap(next)) current = next;
    else {
      const range = nodes[index]?.range ?? [0, 0];
      const made = openMap(source, range, [...current.path, key]);
      current.entries.set(key, entryOf(source, range, made));
      current = made;
    }
  }
  return current;
}

function isOpenMap(node: YamlNode | undefined): node is OpenMap {
  return node?.kind === "map" && node.entries instanceof Map;
}

function isOpenList(node: YamlNode | undefined): node is OpenList {
  return node?.kind === "list" && Array.isArray(node.items);
}

function entryOf(source: SourceFile, [start, end]: AST.Range, value: YamlNode): YamlEntry {
  return { keyLocation: locationAt(source, start), keySpan: { start, end }, merged: false, value };
}

function nodeOf(source: SourceFile, node: AST.TOMLContentNode, path: YamlPath): YamlNode {
  const position = positionOf(source, node.range, path);
  if (node.type === "TOMLArray") {
    const list: OpenList = {
      kind: "list",
      items: node.elements.map((item, index) => nodeOf(source, item, [...path, index])),
      ...position,
    };
    return list;
  }
  if (node.type === "TOMLInlineTable") {
    const map = openMap(source, node.range, path);
    for (const entry of node.body) addValue(source, map, entry);
    return map;
  }
  const [start, end] = node.range;
  const written = source.text.slice(start, end);
  const value = typeof node.value === "string" || typeof node.value === "boolean" ? node.value : plainNumber(node);
  return {
    kind: "scalar",
    value,
    written: typeof value === "string" ? value : written,
    ...position,
    span: { source, start, end },
  };
}

function plainNumber(node: AST.TOMLValue): string | number {
  if (typeof node.value === "number") return node.value;
  return node.value instanceof Date ? node.value.toISOString() : String(node.value);
}

function keyText(key: AST.TOMLBare | AST.TOMLQuoted): string {
  return key.type === "TOMLBare" ? key.name : key.value;
}
