import { relative } from "node:path";
import type { SourceFile } from "./source-file.ts";
import type { EditableValue, TextChange, TextEdit } from "./text-edit.ts";
import type { TextSpan, YamlNode, YamlPath, YamlScalar } from "./yaml-tree.ts";

/** An entry of a mapping or of a list, as it is written. */
export interface EditableEntry {
  path: YamlPath;
  /** Undefined where the value is a mapping, a list or an alias. */
  value: EditableValue | undefined;
  /** Gives the entry another key; undefined in a list. */
  rename(key: string): TextChange | undefined;
  /** Puts a text in the place of the entry's value, whatever kind it has. The text must be YAML in one line. */
  rewrite(text: string): TextChange;
  /** Removes the entry; undefined where other text shares its lines. */
  remove(): TextChange | undefined;
  /** Adds lines after the entry, at its own indentation; undefined where other text shares its lines. */
  addAfter(lines: readonly string[]): TextChange | undefined;
}

/**
 * A YAML file of the deployment whose entries can be changed as text. Entries that an alias or a merge key brings in are
 * left out: their text belongs to the anchor.
 */
export class EditableYaml {
  /** Relative to the deployment's folder. */
  readonly file: string;
  readonly #root: YamlNode;
  readonly #source: SourceFile;
  /** Made on first use: most files are never edited. */
  #entries: readonly EditableEntry[] | undefined;
  #byPath: ReadonlyMap<string, EditableEntry> | undefined;

  /** @param folder the deployment's folder, to which edits are relative */
  constructor(folder: string, source: SourceFile, root: YamlNode) {
    this.file = relative(folder, source.file);
    this.#source = source;
    this.#root = root;
  }

  /** Every entry, from the outside in, in the order of the file. */
  get entries(): readonly EditableEntry[] {
    this.#entries ??= [...this.#read(this.#root, [])];
    return this.#entries;
  }

  /** The entries directly below a path. */
  below(...path: YamlPath): EditableEntry[] {
    return this.entries.filter(
      (entry) => entry.path.length === path.length + 1 && path.every((step, index) => entry.path[index] === step),
    );
  }

  /** The entry at a path. */
  at(...path: YamlPath): EditableEntry | undefined {
    this.#byPath ??= new Map(this.entries.map((entry) => [pathKey(entry.path), entry]));
    return this.#byPath.get(pathKey(path));
  }

  *#read(node: YamlNode, path: YamlPath): Generator<EditableEntry> {
    if (node.kind === "map") {
      for (const [key, { keySpan, value, merged }] of node.entries) {
        if (merged) continue;
        yield* this.#entry(value, { start: keySpan.start, end: value.usedAt.end }, [...path, key], keySpan);
      }
    } else if (node.kind === "list") {
      for (const [index, item] of node.items.entries()) yield* this.#entry(item, item.usedAt, [...path, index]);
    }
  }

  *#entry(node: YamlNode, span: TextSpan, path: YamlPath, key?: TextSpan): Generator<EditableEntry> {
    const lines = this.#ownLines(span, key === undefined);
    const { start, end } = node.usedAt;
    const valueEnd = start + this.#source.text.slice(start, end).trimEnd().length;
    yield {
      path,
      value: node.kind === "scalar" && !node.alias ? this.#value(node) : undefined,
      rename: (name) => {
        const one = key && this.#edit(key.start, key.end, name);
        return one && { shown: one, edits: [one] };
      },
      rewrite: (text) => {
        const one = this.#edit(start, valueEnd, text);
        return { shown: one, edits: [one] };
      },
      remove: () => {
        if (lines === undefined) return undefined;
        return {
          shown: this.#edit(lines.first, lines.last, ""),
          edits: [this.#edit(lines.start, lines.end, "")],
        };
      },
      addAfter: (added) => {
        if (lines === undefined) return undefined;
        const indent = " ".repeat(lines.first - lines.start);
        const text = added.map((line) => `${indent}${line}\n`).join("");
        const { text: whole } = this.#source;
        const own = whole.slice(lines.first, lines.last);
        const newline = whole[lines.end - 1] === "\n" ? "" : "\n";
        return {
          shown: this.#edit(lines.first, lines.last, `${own}\n${text}`.trimEnd()),
          edits: [this.#edit(lines.end, lines.end, newline + text)],
        };
      },
    };
    if (!node.alias) yield* this.#read(node, path);
  }

  #edit(start: number, end: number, text: string): TextEdit {
    const { byteOrderMark } = this.#source;
    return { file: this.file, start: start + byteOrderMark, end: end + byteOrderMark, text };
  }

  /** The whole lines of an entry, if no other text is on them, and the offsets of its first and last character. */
  #ownLines(span: TextSpan, inList: boolean): { start: number; first: number; last: number; end: number } | undefined {
    const { text } = this.#source;
    const start = text.lastIndexOf("\n", span.start - 1) + 1;
    const before = text.slice(start, span.start);
    // The dash belongs to the item: the first key of a mapping in a list can't be removed without it.
    if (!(inList ? /^ *- +$/ : /^ *$/).test(before)) return undefined;
    const last = text.slice(span.start, span.end).trimEnd().length + span.start;
    const end = text.indexOf("\n", last);
    const first = start + before.replace(/- +$/, "").length;
    return { start, first, last, end: end === -1 ? text.length : end + 1 };
  }

  #value({ written, span }: YamlScalar): EditableValue {
    const raw = this.#source.text.slice(span.start, span.end);
    const offsets = offsetsWithin(written, raw);
    // The new value is always quoted, so that it is a text whatever style the operator used.
    const write = (text: string): TextEdit =>
      this.#edit(span.start, span.end, `${JSON.stringify(text)}${raw.endsWith("\n") ? "\n" : ""}`);
    const replace = (text: string): TextChange => ({ shown: write(text), edits: [write(text)] });
    return {
      text: written,
      replace,
      replacePart: (start, end, text) => {
        const first = offsets?.[start];
        const last = offsets?.[end - 1];
        const whole = written.slice(0, start) + text + written.slice(end);
        if (first === undefined || last === undefined || start === end) return replace(whole);
        return { shown: this.#edit(span.start + first, span.start + last + 1, text), edits: [write(whole)] };
      },
    };
  }
}

function pathKey(path: YamlPath): string {
  return JSON.stringify(path);
}

/**
 * The offset of each character of a value within its text as written; undefined where escapes make the two differ.
 *
 * @param raw the text as written, with quotes or a block's header
 */
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
