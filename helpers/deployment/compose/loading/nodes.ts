import { goText } from "../../source/go-scalar.ts";
import {
  toPlain,
  type YamlEntry,
  type YamlList,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from "../../source/yaml-tree.ts";

// Values that compose derives from others keep the position of what they are derived from.

/** A scalar in the place of another value. */
export function scalarNode(value: YamlScalar["value"], from: YamlNode): YamlScalar {
  const { location, source, path, usedAt, alias } = from;
  const problems = from.kind === "scalar" ? from.problems : undefined;
  const span = from.kind === "scalar" ? from.span : { ...usedAt, source };
  return { kind: "scalar", value, written: String(value ?? ""), location, source, path, usedAt, alias, span, problems };
}

/** A mapping in the place of another value. */
export function mapNode(entries: Iterable<readonly [string, YamlEntry]>, from: YamlNode): YamlMap {
  const { location, source, path, usedAt, alias } = from;
  return { kind: "map", entries: new Map(entries), location, source, path, usedAt, alias };
}

/** A list in the place of another value. */
export function listNode(items: readonly YamlNode[], from: YamlNode): YamlList {
  const { location, source, path, usedAt, alias } = from;
  return { kind: "list", items, location, source, path, usedAt, alias };
}

/** An entry for a value that has no key of its own. */
export function entryOf(value: YamlNode): YamlEntry {
  return { keyLocation: value.location, keySpan: value.usedAt, merged: false, value };
}

/** A mapping of plain values in the place of another value; undefined values are left out. */
export function mapOf(
  values: Readonly<Record<string, YamlNode | YamlScalar["value"] | undefined>>,
  from: YamlNode,
): YamlMap {
  const entries: [string, YamlEntry][] = [];
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    entries.push([key, entryOf(typeof value === "object" && value !== null ? value : scalarNode(value, from))]);
  }
  return mapNode(entries, from);
}

/** The mapping with one entry set; undefined removes it. */
export function withEntry(map: YamlMap, key: string, entry: YamlEntry | undefined): YamlMap {
  const entries = new Map(map.entries);
  if (entry === undefined) entries.delete(key);
  else entries.set(key, entry);
  return { ...map, entries };
}

/** The mapping with a value replaced where it has one. */
export function changeEntry(map: YamlMap, key: string, change: (value: YamlNode) => YamlNode): YamlMap {
  const entry = map.entries.get(key);
  return entry === undefined ? map : withEntry(map, key, { ...entry, value: change(entry.value) });
}

/** The mapping with each value replaced. */
export function changeEach(map: YamlMap, change: (value: YamlNode, key: string) => YamlNode): YamlMap {
  const entries = [...map.entries].map(([key, entry]) => [key, { ...entry, value: change(entry.value, key) }] as const);
  return { ...map, entries: new Map(entries) };
}

/** A scalar as a text, as Go prints it; undefined for another value and for null. */
export function textOf(node: YamlNode | undefined): string | undefined {
  if (node?.kind !== "scalar" || node.value === null) return undefined;
  return goText(node.value, node.written);
}

/** Whether a value is null, as an entry without a value is. */
export function isNull(node: YamlNode | undefined): boolean {
  return node === undefined || (node.kind === "scalar" && node.value === null);
}

/** Whether two values say the same. */
export function isSame(one: YamlNode, other: YamlNode): boolean {
  return JSON.stringify(sorted(toPlain(one))) === JSON.stringify(sorted(toPlain(other)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
