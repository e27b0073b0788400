import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import type { SourceLocation } from "../types.ts";
import type { FaultList } from "./fault-list.ts";
import type { SourceFile } from "./source-file.ts";

/** YAML with anchors and merge keys resolved, where every value knows its line. */
export type YamlNode = YamlScalar | YamlMap | YamlList;

export interface YamlScalar {
  kind: "scalar";
  value: string | number | boolean | null;
  location: SourceLocation;
  /** Where its text begins and ends in the file, to find the line within a value of several lines. */
  span: { source: SourceFile; start: number; end: number };
}

export interface YamlMap {
  kind: "map";
  entries: ReadonlyMap<string, YamlEntry>;
  location: SourceLocation;
}

export interface YamlEntry {
  keyLocation: SourceLocation;
  value: YamlNode;
}

export interface YamlList {
  kind: "list";
  items: readonly YamlNode[];
  location: SourceLocation;
}

/** Expanded aliases count anew each time: this bounds what a few lines of nested anchors can unfold to. */
const MOST_NODES = 50_000;

/**
 * Parses a YAML file. Bad syntax, a duplicate key, an anchor that contains itself become faults; the answer is then
 * undefined when nothing useful is left.
 *
 * @param version 1.1 as PyYAML reads (LiteLLM), 1.2 as Go's yaml.v3 reads (compose)
 */
export function parseYaml(source: SourceFile, faults: FaultList, version: "1.1" | "1.2" = "1.2"): YamlNode | undefined {
  const lines = new LineCounter();
  const document = parseDocument(source.text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    version,
    merge: true,
  });
  const locationAt = (offset: number): SourceLocation => ({ file: source.file, line: source.lineAt(offset) });
  for (const problem of [...document.errors, ...document.warnings]) {
    const [what, fix] = explain(problem.code, problem.message, source.text, problem.pos[0]);
    faults.add(locationAt(problem.pos[0]), what, fix);
  }
  if (document.errors.length > 0) return undefined;
  if (document.contents === null) {
    faults.add(source.file, "is empty", "write it, or take the one of deployments/reference as a start");
    return undefined;
  }

  let nodes = 0;
  const open = new Set<Node>();
  let hopeless = false;

  const convert = (node: unknown, fallback: SourceLocation): YamlNode => {
    const here = hasRange(node) ? locationAt(node.range[0]) : fallback;
    const empty: YamlScalar = {
      kind: "scalar",
      value: null,
      location: here,
      span: { source, start: 0, end: 0 },
    };
    if (hopeless) return empty;
    if (++nodes > MOST_NODES) {
      hopeless = true;
      faults.add(here, `unfolds to more than ${MOST_NODES} values`, "use fewer anchors within anchors");
      return empty;
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined) {
        faults.add(
          here,
          `'*${node.source}' names no anchor`,
          `write '&${node.source}' where the value stands, above this line`,
        );
        return empty;
      }
      if (open.has(target)) {
        faults.add(here, `the anchor '&${node.source}' contains itself`, "break the circle");
        return empty;
      }
      return convert(target, here);
    }
    if (isMap(node)) {
      open.add(node);
      const map = convertMap(node.items, here);
      open.delete(node);
      return map;
    }
    if (isSeq(node)) {
      open.add(node);
      const items = node.items.map((item) => convert(item, here));
      open.delete(node);
      return { kind: "list", items, location: here };
    }
    if (isScalar(node)) {
      const range = node.range ?? [0, 0, 0];
      return {
        kind: "scalar",
        value: plainValue(node.value, node.source),
        location: here,
        span: { source, start: range[0], end: range[1] },
      };
    }
    return empty;
  };

  const convertMap = (items: readonly Pair[], location: SourceLocation): YamlMap => {
    const own = new Map<string, YamlEntry>();
    const merged = new Map<string, YamlEntry>();
    for (const { key, value } of items) {
      const keyLocation = hasRange(key) ? locationAt(key.range[0]) : location;
      if (!isScalar(key)) {
        faults.add(keyLocation, "a key is no plain text", "write the key as a plain text");
        continue;
      }
      const isMerge = typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN");
      if (isMerge) {
        const sources = convert(value, keyLocation);
        for (const from of sources.kind === "list" ? sources.items : [sources]) {
          if (from.kind !== "map") {
            faults.add(keyLocation, "'<<' merges something that is no mapping", "let it name an anchor of a mapping");
            continue;
          }
          // What stands first wins, as YAML's merge key says.
          for (const [name, entry] of from.entries) if (!merged.has(name)) merged.set(name, entry);
        }
        continue;
      }
      const name = String(key.value);
      const before = own.get(name);
      if (before !== undefined) {
        faults.add(
          keyLocation,
          `'${name}' stands here a second time (first in line ${before.keyLocation.line})`,
          "keep one of the two: only the last would count, in silence",
        );
      }
      own.set(name, { keyLocation, value: convert(value, keyLocation) });
    }
    const entries = new Map(own);
    for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry);
    return { kind: "map", entries, location };
  };

  const root = convert(document.contents, { file: source.file, line: 1 });
  return hopeless ? undefined : root;
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

function plainValue(value: unknown, text: string | undefined): YamlScalar["value"] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null)
    return value;
  // YAML 1.1's dates and the like: the text as written.
  return text ?? String(value);
}

function explain(code: string, message: string, text: string, offset: number): [what: string, fix: string] {
  if (text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset + 1).includes("\t") && code !== "TAG_RESOLVE_FAILED") {
    return [`broken YAML: a tab in the indentation`, "indent with spaces"];
  }
  const first = message.split("\n")[0] ?? message;
  if (code === "TAG_RESOLVE_FAILED") return [first, "leave the tag out: the suite does not know it"];
  if (code === "MULTIPLE_DOCS") return ["holds more than one YAML document", "remove what follows the second '---'"];
  return [`broken YAML: ${first}`, "mend the syntax around this line"];
}

/** A value of YAML, without its places. */
export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

/** The tree as plain data. `without` leaves out entries by key, e.g. compose's `x-…`. */
export function toPlain(node: YamlNode, without: (key: string) => boolean = () => false): Plain {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map((item) => toPlain(item, without));
  return Object.fromEntries(
    [...node.entries].filter(([key]) => !without(key)).map(([key, entry]) => [key, toPlain(entry.value, without)]),
  );
}

/** Where a value stands; for a missing one, where the innermost part of the path that is there stands. */
export function locationOf(node: YamlNode, path: readonly PropertyKey[]): SourceLocation {
  let location = node.location;
  let current: YamlNode | undefined = node;
  for (const step of path) {
    if (current?.kind === "map") {
      const entry: YamlEntry | undefined = current.entries.get(String(step));
      if (entry === undefined) return location;
      location = entry.keyLocation;
      current = entry.value;
    } else if (current?.kind === "list") {
      current = current.items[Number(step)];
      if (current === undefined) return location;
      location = current.location;
    } else return location;
  }
  return location;
}

/** The value at a path, undefined when there is none. */
export function nodeAt(node: YamlNode | undefined, ...path: (string | number)[]): YamlNode | undefined {
  let current = node;
  for (const step of path) {
    if (current?.kind === "map") current = current.entries.get(String(step))?.value;
    else if (current?.kind === "list") current = current.items[Number(step)];
    else return undefined;
  }
  return current;
}

/** The same tree with every text replaced. */
export function mapTexts(node: YamlNode, change: (text: string, scalar: YamlScalar) => string): YamlNode {
  if (node.kind === "scalar") {
    return typeof node.value === "string" ? { ...node, value: change(node.value, node) } : node;
  }
  if (node.kind === "list") return { ...node, items: node.items.map((item) => mapTexts(item, change)) };
  const entries = new Map<string, YamlEntry>();
  for (const [key, entry] of node.entries) entries.set(key, { ...entry, value: mapTexts(entry.value, change) });
  return { ...node, entries };
}
