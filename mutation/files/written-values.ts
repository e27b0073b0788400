import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar } from "yaml";
import type { Change, TextEdit } from "./mutant.ts";

/** A text of an operator's file that can be changed where it stands. */
export interface WrittenValue {
  /** As written: variables are not interpolated, compose's `$$` is two characters. */
  value: string;
  /** The value with a stretch of it replaced; offsets count within {@link value}. */
  replace(start: number, end: number, text: string): Pick<Change, "shown" | "edits">;
  /** The value replaced as a whole. */
  become(text: string): Pick<Change, "shown" | "edits">;
}

/** An entry of a mapping or of a list. */
export interface WrittenEntry {
  /** Keys and indices from the root of the file. */
  path: readonly (string | number)[];
  /** Undefined where the value is a mapping, a list or an alias. */
  value: WrittenValue | undefined;
  /** Under another key; undefined in a list. */
  rename(key: string): Pick<Change, "shown" | "edits"> | undefined;
  /** The entry taken out; undefined where it does not stand on lines of its own. */
  remove(): Pick<Change, "shown" | "edits"> | undefined;
  /** Entries put behind this one, at its own indentation; undefined where it does not stand on lines of its own. */
  follow(lines: readonly string[]): Pick<Change, "shown" | "edits"> | undefined;
}

/** A YAML file of the deployment, with each of its entries where it stands. */
export class YamlText {
  /** Relative to the deployment's folder. */
  readonly file: string;
  readonly entries: readonly WrittenEntry[];
  readonly #text: string;

  /** @param path absolute */
  constructor(folder: string, path: string) {
    this.file = relative(folder, path);
    this.#text = readFileSync(path, "utf8");
    this.entries = [...this.#read(parseDocument(this.#text, { merge: true }).contents, [])];
  }

  /** The entries right below a path. */
  below(...path: (string | number)[]): WrittenEntry[] {
    return this.entries.filter(
      (entry) => entry.path.length === path.length + 1 && path.every((step, index) => entry.path[index] === step),
    );
  }

  /** The entry at a path. */
  at(...path: (string | number)[]): WrittenEntry | undefined {
    return this.below(...path.slice(0, -1)).find((entry) => entry.path.at(-1) === path.at(-1));
  }

  *#read(node: unknown, path: readonly (string | number)[]): Generator<WrittenEntry> {
    if (isMap(node)) {
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
        if (key === undefined) continue;
        yield* this.#entry(pair.value, rangeOfPair(pair), [...path, key], rangeOf(pair.key));
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) yield* this.#entry(item, rangeOf(item), [...path, index]);
    }
  }

  *#entry(
    node: unknown,
    range: Range | undefined,
    path: readonly (string | number)[],
    key?: Range,
  ): Generator<WrittenEntry> {
    const lines = range === undefined ? undefined : this.#ownLines(range, key === undefined);
    const edit = (start: number, end: number, text: string): TextEdit => ({ file: this.file, start, end, text });
    yield {
      path,
      value: isScalar(node) ? this.#value(node) : undefined,
      rename(name) {
        const one = key && edit(key.start, key.end, name);
        return one && { shown: one, edits: [one] };
      },
      remove() {
        if (lines === undefined) return undefined;
        return { shown: edit(lines.first, lines.last, ""), edits: [edit(lines.start, lines.end, "")] };
      },
      follow: (added) => {
        if (lines === undefined) return undefined;
        const indent = " ".repeat(lines.first - lines.start);
        const text = added.map((line) => `${indent}${line}\n`).join("");
        const own = this.#text.slice(lines.first, lines.last);
        return {
          shown: edit(lines.first, lines.last, `${own}\n${text}`.trimEnd()),
          edits: [edit(lines.end, lines.end, text)],
        };
      },
    };
    if (!isAlias(node)) yield* this.#read(node, path);
  }

  /** The whole lines of an entry, when nothing else stands on them, and its first and last character in them. */
  #ownLines(range: Range, inList: boolean): { start: number; first: number; last: number; end: number } | undefined {
    const start = this.#text.lastIndexOf("\n", range.start - 1) + 1;
    const before = this.#text.slice(start, range.start);
    // The dash belongs to the item: the first key of a mapping in a list can't go without it.
    if (!(inList ? /^ *- +$/ : /^ *$/).test(before)) return undefined;
    const last = this.#text.slice(range.start, range.end).trimEnd().length + range.start;
    const end = this.#text.indexOf("\n", last);
    const first = start + before.replace(/- +$/, "").length;
    return { start, first, last, end: end === -1 ? this.#text.length : end + 1 };
  }

  #value(node: Scalar): WrittenValue | undefined {
    const range = rangeOf(node);
    if (range === undefined) return undefined;
    const value = typeof node.value === "string" ? node.value : (node.source ?? String(node.value));
    const raw = this.#text.slice(range.start, range.end);
    const offsets = offsetsWithin(value, raw);
    // What is written is always quoted anew: then it means the same in whichever style the operator wrote it.
    const write = (text: string): TextEdit => ({
      file: this.file,
      ...range,
      text: `${JSON.stringify(text)}${raw.endsWith("\n") ? "\n" : ""}`,
    });
    const become = (text: string): Pick<Change, "shown" | "edits"> => ({ shown: write(text), edits: [write(text)] });
    return {
      value,
      become,
      replace: (start, end, text) => {
        const first = offsets?.[start];
        const last = offsets?.[end - 1];
        const whole = value.slice(0, start) + text + value.slice(end);
        if (first === undefined || last === undefined || start === end) return become(whole);
        const shown = { file: this.file, start: range.start + first, end: range.start + last + 1, text };
        return { shown, edits: [write(whole)] };
      },
    };
  }
}

interface Range {
  start: number;
  end: number;
}

function rangeOf(node: unknown): Range | undefined {
  const range = (node as { range?: [number, number, number] | null } | null)?.range;
  return range ? { start: range[0], end: range[1] } : undefined;
}

function rangeOfPair({ key, value }: Pair): Range | undefined {
  const first = rangeOf(key);
  return first === undefined ? undefined : { start: first.start, end: rangeOf(value)?.end ?? first.end };
}

/** Where each character of a value stands in its text as written; undefined where escapes make that no simple matter. */
export function offsetsWithin(value: string, raw: string): number[] | undefined {
  const offsets: number[] = [];
  // A block's header, or a quote.
  let at = /^(?:[>|][-+\d]*[^\n]*\n\s*|["'])?/.exec(raw)?.[0].length ?? 0;
  for (const char of value) {
    const fold = /^[ \t]*\n\s*/.exec(raw.slice(at))?.[0];
    if ((char === " " || char === "\n") && fold !== undefined) {
      offsets.push(at);
      at += fold.length;
    } else if (raw[at] === char) {
      offsets.push(at);
      at++;
    } else return undefined;
  }
  return offsets;
}
