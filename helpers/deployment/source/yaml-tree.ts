import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
} from "yaml";
import type { FaultList } from "./fault-list.ts";
import { goScalar } from "./go-scalar.ts";
import type { SourceLocation } from "./location.ts";
import { pythonScalar } from "./python-scalar.ts";
import type { SourceFile } from "./source-file.ts";

/** Keys and indices from the root of a YAML file. */
export type YamlPath = readonly (string | number)[];

/** A YAML value with anchors and merge keys resolved; every value knows its line and its text. */
export type YamlNode = YamlScalar | YamlMap | YamlList;

/** A stretch of a file's text; offsets count UTF-16 units, `end` is exclusive. */
export interface TextSpan {
  start: number;
  end: number;
}

/** What every YAML value has. */
export interface YamlPosition {
  location: SourceLocation;
  source: SourceFile;
  /** Keys and indices from the root of its file, where it is used. */
  path: YamlPath;
  /** A tag that YAML itself does not know, e.g. `!reset`. */
  tag?: string | undefined;
  /** The value's text where it is used: the alias (`*name`) for a value that is written as one. */
  usedAt: TextSpan;
  /** True for a value that is written as an alias: its own text belongs to the anchor. */
  alias: boolean;
}

/** A text, number, boolean or null. */
export interface YamlScalar extends YamlPosition {
  kind: "scalar";
  value: string | number | boolean | null;
  /** The value as written, without quotes and escapes; {@link mapTexts} does not change it. */
  written: string;
  /** The value's own text: the anchor's for an alias. */
  span: TextSpan & { source: SourceFile };
  /** What is wrong with the value for whoever needs it, e.g. a variable in it that nothing sets. */
  problems?: readonly ValueProblem[] | undefined;
}

/** Why a value is not what it was meant to be. */
export interface ValueProblem {
  /** `unset`: an empty text is in its place. `missing`: nothing can be started with it. */
  kind: "unset" | "missing";
  what: string;
  fix: string;
  location: SourceLocation;
}

/** A mapping, with its merge keys resolved. */
export interface YamlMap extends YamlPosition {
  kind: "map";
  entries: ReadonlyMap<string, YamlEntry>;
}

/** A key of a mapping with its value. */
export interface YamlEntry {
  keyLocation: SourceLocation;
  keySpan: TextSpan;
  /** True for an entry that a merge key (`<<`) brings in. */
  merged: boolean;
  value: YamlNode;
}

/** A sequence. */
export interface YamlList extends YamlPosition {
  kind: "list";
  items: readonly YamlNode[];
}

/** Each use of an alias counts again: this limits how far a few lines of nested anchors can expand. */
const MAX_NODES = 50_000;

/** A file that is not YAML at all has a problem in every line; the first ones say enough. */
const MAX_PROBLEMS = 5;

/**
 * Parses a YAML file of one document. Bad syntax, a duplicate key and an anchor that contains itself become faults.
 *
 * @returns undefined when nothing in the file can be read
 *
 * @param version 1.1 as PyYAML reads (LiteLLM), 1.2 as Go's yaml.v3 reads (compose)
 * @param onDuplicateKey what is done with a key that is set twice, where the program takes the last one (PyYAML)
 */
export function parseYaml(
  source: SourceFile,
  faults: FaultList,
  version: "1.1" | "1.2" = "1.2",
  onDuplicateKey?: FaultList["add"],
): YamlNode | undefined {
  return withinDepth(source, faults, () => parseOne(source, faults, version, onDuplicateKey));
}

function parseOne(
  source: SourceFile,
  faults: FaultList,
  version: "1.1" | "1.2",
  onDuplicateKey: FaultList["add"] | undefined,
): YamlNode | undefined {
  const documents = parseAllDocuments(source.text, { prettyErrors: false, uniqueKeys: false, version, merge: true });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (second !== undefined) {
    faults.add(
      { file: source.file, line: source.lineAt(second.range[0]) },
      "contains more than one YAML document",
      "remove everything from the second '---' on",
    );
    return undefined;
  }
  if (document === undefined || document.contents === null) {
    faults.add(source.file, "is empty", "write it, or start from the one in deployments/reference");
    return undefined;
  }
  return convertDocument(document, source, faults, { unknownTags: "fault", go: version === "1.2", onDuplicateKey });
}

/**
 * Parses a YAML file of any number of documents, as Go's yaml.v3 reads it. A tag that YAML does not know is kept in
 * {@link YamlPosition.tag}.
 *
 * @returns undefined when something in the file can't be read; the reason is then a fault
 */
export function parseYamlDocuments(source: SourceFile, faults: FaultList): YamlNode[] | undefined {
  return withinDepth(source, faults, () => parseEach(source, faults));
}

/** Parses a text, unless it is nested deeper than the parser's stack allows. */
function withinDepth<T>(source: SourceFile, faults: FaultList, parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    faults.add(source.file, "is nested too deeply", "check that it is the right file");
    return undefined;
  }
}

function parseEach(source: SourceFile, faults: FaultList): YamlNode[] | undefined {
  const documents = parseAllDocuments(source.text, { prettyErrors: false, uniqueKeys: false, merge: true });
  const roots: YamlNode[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    if (document.contents === null && document.errors.length === 0) continue;
    const root = convertDocument(document, source, faults, { unknownTags: "keep", go: true });
    if (root === undefined) return undefined;
    roots.push(root);
  }
  return roots;
}

function convertDocument(
  document: Document.Parsed,
  source: SourceFile,
  faults: FaultList,
  options: { unknownTags: "fault" | "keep"; go: boolean; onDuplicateKey?: FaultList["add"] | undefined },
): YamlNode | undefined {
  const { unknownTags, go } = options;
  const onDuplicateKey: FaultList["add"] = options.onDuplicateKey ?? ((at, what, fix) => faults.add(at, what, fix));
  const locationAt = (offset: number): SourceLocation => ({ file: source.file, line: source.lineAt(offset) });
  for (const problem of [...document.errors, ...document.warnings].slice(0, MAX_PROBLEMS)) {
    if (problem.code === "TAG_RESOLVE_FAILED" && unknownTags === "keep") continue;
    const [what, fix] = explain(problem.code, problem.message, source.text, problem.pos[0]);
    faults.add(locationAt(problem.pos[0]), what, fix);
  }
  if (document.errors.some(({ code }) => code !== "TAG_RESOLVE_FAILED" || unknownTags === "fault")) return undefined;
  if (document.contents === null) return undefined;

  let nodes = 0;
  const open = new Set<Node>();
  /** By anchor: the last value in front of the alias. */
  const anchors = new Map<string, Node>();
  let tooLarge = false;

  const convert = (
    node: unknown,
    path: YamlPath,
    fallback: SourceLocation,
    offset: number,
    aliasAt?: TextSpan,
  ): YamlNode => {
    const here = hasRange(node) ? locationAt(node.range[0]) : fallback;
    const own = spanOf(node) ?? { start: offset, end: offset };
    const position: YamlPosition = {
      location: here,
      source,
      path,
      tag: customTag(node),
      usedAt: aliasAt ?? own,
      alias: aliasAt !== undefined,
    };
    const empty: YamlScalar = {
      kind: "scalar",
      value: null,
      written: "",
      ...position,
      span: { source, start: 0, end: 0 },
    };
    if (tooLarge) return empty;
    if (++nodes > MAX_NODES) {
      tooLarge = true;
      faults.add(here, `its anchors and aliases expand to more than ${MAX_NODES} values`, "nest fewer anchors");
      return empty;
    }
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) {
        faults.add(
          here,
          `'*${node.source}' names no anchor`,
          `write '&${node.source}' in front of the value, above this line`,
        );
        return empty;
      }
      if (open.has(target)) {
        faults.add(here, `the anchor '&${node.source}' contains itself`, "break the circle");
        return empty;
      }
      return convert(target, path, here, own.start, aliasAt ?? own);
    }
    if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isMap(node)) {
      open.add(node);
      const entries = convertEntries(node.items, path, here);
      open.delete(node);
      return { kind: "map", entries, ...position };
    }
    if (isSeq(node)) {
      open.add(node);
      const items = node.items.map((item, index) => convert(item, [...path, index], here, own.start));
      open.delete(node);
      return { kind: "list", items, ...position };
    }
    if (isScalar(node)) {
      return {
        kind: "scalar",
        value: go && node.type === "PLAIN" ? goScalar(node.source ?? "") : plainValue(node, go),
        written: typeof node.value === "string" ? node.value : (node.source ?? String(node.value)),
        ...position,
        span: { source, ...own },
      };
    }
    return empty;
  };

  const convertEntries = (items: readonly Pair[], path: YamlPath, location: SourceLocation): Map<string, YamlEntry> => {
    const own = new Map<string, YamlEntry>();
    const merged = new Map<string, YamlEntry>();
    for (const { key, value } of items) {
      const keyLocation = hasRange(key) ? locationAt(key.range[0]) : location;
      const keySpan = spanOf(key) ?? { start: 0, end: 0 };
      if (!isScalar(key)) {
        faults.add(keyLocation, "a key is not a plain text", "write the key as a plain text");
        continue;
      }
      const isMerge = typeof key.value === "symbol" || (key.value === "<<" && key.type === "PLAIN");
      if (isMerge) {
        const sources = convert(value, [...path, "<<"], keyLocation, keySpan.end);
        for (const from of sources.kind === "list" ? sources.items : [sources]) {
          if (from.kind !== "map") {
            faults.add(keyLocation, "'<<' merges a value that is not a mapping", "name the anchor of a mapping");
            continue;
          }
          // The first one wins (YAML's merge key).
          for (const [name, entry] of from.entries) if (!merged.has(name)) merged.set(name, { ...entry, merged: true });
        }
        continue;
      }
      const name = String(key.value);
      const before = own.get(name);
      if (before !== undefined) {
        onDuplicateKey(
          keyLocation,
          `'${name}' is set a second time (first in line ${before.keyLocation.line})`,
          "keep one of the two: only the last one counts, without a warning",
        );
      }
      own.set(name, {
        keyLocation,
        keySpan,
        merged: false,
        value: convert(value, [...path, name], keyLocation, keySpan.end),
      });
    }
    const entries = new Map(own);
    for (const [name, entry] of merged) if (!entries.has(name)) entries.set(name, entry);
    return entries;
  };

  const root = convert(document.contents, [], { file: source.file, line: 1 }, 0);
  return tooLarge ? undefined : root;
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

/** A tag that YAML itself does not know. */
function customTag(node: unknown): string | undefined {
  const { tag } = isMap(node) || isSeq(node) || isScalar(node) ? node : {};
  return tag === undefined || tag.startsWith("tag:") ? undefined : tag;
}

function spanOf(node: unknown): TextSpan | undefined {
  return hasRange(node) ? { start: node.range[0], end: node.range[1] } : undefined;
}

function plainValue({ value, source, type }: Scalar, go: boolean): YamlScalar["value"] {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value === null)
    return go || type !== "PLAIN" ? value : pythonScalar(value, source ?? "");
  // YAML 1.1's dates and the like: the text as written.
  return source ?? String(value);
}

function explain(code: string, message: string, text: string, offset: number): [what: string, fix: string] {
  if (text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset + 1).includes("\t") && code !== "TAG_RESOLVE_FAILED") {
    return [`broken YAML: a tab in the indentation`, "indent with spaces"];
  }
  const first = message.split("\n")[0] ?? message;
  if (code === "TAG_RESOLVE_FAILED") return [first, "remove the tag: the suite does not support it"];
  return [`broken YAML: ${first}`, "fix the syntax near this line"];
}

/** A YAML value without its locations. */
export type Plain = string | number | boolean | null | Plain[] | PlainMapping;

/** A mapping as plain data. */
export interface PlainMapping {
  [key: string]: Plain;
}

/** Whether plain data is a mapping. */
export function isPlainMapping(value: Plain | undefined): value is PlainMapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The tree as plain data. `without` selects the entries to leave out by key, e.g. compose's `x-…`. */
export function toPlain(node: YamlNode, without: (key: string) => boolean = () => false): Plain {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map((item) => toPlain(item, without));
  return Object.fromEntries(
    [...node.entries].filter(([key]) => !without(key)).map(([key, entry]) => [key, toPlain(entry.value, without)]),
  );
}

/** The location of a value; for a missing one, the location of the innermost part of the path that exists. */
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

/** The value at a path; undefined when there is none. */
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
  return mapTextNodes(node, (text, scalar) => ({ ...scalar, value: change(text, scalar) }));
}

/** The same tree with every scalar that is a text replaced. */
export function mapTextNodes(node: YamlNode, change: (text: string, scalar: YamlScalar) => YamlScalar): YamlNode {
  if (node.kind === "scalar") return typeof node.value === "string" ? change(node.value, node) : node;
  if (node.kind === "list") return { ...node, items: node.items.map((item) => mapTextNodes(item, change)) };
  const entries = new Map<string, YamlEntry>();
  for (const [key, entry] of node.entries) entries.set(key, { ...entry, value: mapTextNodes(entry.value, change) });
  return { ...node, entries };
}
