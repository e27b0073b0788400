import type { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation, Written } from "../../source/location.ts";
import type { NoteList } from "../../source/note-list.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { interpolate, type VariableLookup } from "./interpolation.ts";

/** How the values of an env file are read. */
export interface EnvFileOptions {
  /** Variables from elsewhere, which come before those of the file itself. */
  outer?: VariableLookup | undefined;
  /** Where the file's own variables are collected; those of earlier files may be in it already. */
  into?: Map<string, Written<string>>;
  /** May replace a value before later lines use it. */
  change?: (name: string, value: string) => string;
  /** `raw`: the text after `=` is the value (`format: raw` of compose). */
  format?: string | undefined;
  faults: FaultList;
  notes: NoteList;
}

/**
 * Reads an env file as compose does: `NAME=value` or `NAME: value`, comments, `export`, single quotes (literal), double
 * quotes (with escapes such as `\n`, possibly over several lines), a name alone (from elsewhere), and variables.
 *
 * Source: compose-go, dotenv/parser.go.
 *
 * @returns the variables of this file and those of {@link EnvFileOptions.into}
 */
export function parseEnvFile(source: SourceFile, options: EnvFileOptions): Map<string, Written<string>> {
  const { outer, into: variables = new Map<string, Written<string>>(), change, faults, notes } = options;
  const own = new Map<string, SourceLocation>();
  const lookUp: VariableLookup = { get: (name) => outer?.get(name) ?? variables.get(name)?.value };
  for (const { name, text, literal, location } of assignments(source, options.format === "raw", faults)) {
    if (text === undefined) {
      const inherited = outer?.get(name);
      if (inherited !== undefined) variables.set(name, { value: change?.(name, inherited) ?? inherited, location });
      continue;
    }
    const before = own.get(name);
    if (before !== undefined) {
      notes.add(
        "finding",
        location,
        `'${name}' is set a second time (first in line ${before.line})`,
        "only the last one counts",
        "keep one of the two",
      );
    }
    own.set(name, location);
    let value = text;
    if (!literal) {
      const result = interpolate(text, lookUp);
      for (const { kind, what } of result.problems) {
        const fix =
          "put the value in single quotes if the dollar sign is part of it, or set the variable above this line";
        if (kind === "unset")
          notes.add("finding", location, `in the value of ${name}: ${what}`, "compose inserts an empty text", fix);
        else faults.add(location, `in the value of ${name}: ${what}`, fix);
      }
      value = result.value;
    }
    variables.set(name, { value: change?.(name, value) ?? value, location });
  }
  return variables;
}

/** One assignment of an env file, as written. */
interface Assignment {
  name: string;
  /** Undefined for a name alone. */
  text: string | undefined;
  /** Nothing is interpolated. */
  literal: boolean;
  location: SourceLocation;
}

function assignments(source: SourceFile, raw: boolean, faults: FaultList): Assignment[] {
  const found: Assignment[] = [];
  const { text } = source;
  let at = 0;
  while (at < text.length) {
    at += /^\s*/.exec(text.slice(at, at + 4096))?.[0].length ?? 0;
    if (at >= text.length) break;
    if (/\s/.test(text[at] ?? "")) continue;
    const end = endOfLine(text, at);
    if (text[at] === "#") {
      at = end;
      continue;
    }
    const location = { file: source.file, line: source.lineAt(at) };
    const line = text.slice(at, end);
    const [, exported = "", key = "", separator] =
      /^(export[ \t]+)?([\p{L}\p{N}_.[\]\-\s]*?)[ \t]*([=:]|$)/u.exec(line) ?? [];
    if (separator === undefined || (key.trim() === "" && separator === "") || /\s/.test(key.trim())) {
      faults.add(location, "is not an assignment", "write NAME=value, or begin the line with '#'");
      at = end;
      continue;
    }
    const name = key.trim();
    if (separator === "") {
      found.push({ name, text: undefined, literal: true, location });
      at = end;
      continue;
    }
    const afterSeparator = at + line.indexOf(separator, exported.length + key.length) + 1;
    const from = afterSeparator + (/^[ \t\v\f\r]*/.exec(text.slice(afterSeparator, end))?.[0].length ?? 0);
    const quote = text[from];
    if (raw || (quote !== '"' && quote !== "'")) {
      const whole = text.slice(raw ? afterSeparator : from, end);
      const value = raw ? whole.replace(/\r$/, "") : (whole.split(" #")[0] ?? "").trimEnd();
      found.push({ name, text: value, literal: raw, location });
      at = end;
      continue;
    }
    const quoted = readQuoted(text, from, quote);
    if (quoted === undefined) {
      faults.add(location, `the quote in the value of ${name} is never closed`, `close it with ${quote}`);
      return found;
    }
    const value = quote === '"' ? expandEscapes(quoted.value) : quoted.value;
    found.push({ name, text: value, literal: quote === "'", location });
    at = quoted.end;
  }
  return found;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** The text between two quotes, in which a backslash protects the quote; undefined when the second one is missing. */
function readQuoted(text: string, open: number, quote: string): { value: string; end: number } | undefined {
  let value = "";
  for (let at = open + 1; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === "\\" && text[at + 1] === quote) {
      value += quote;
      at++;
    } else if (char === "\\" && text[at + 1] === "\\") {
      value += "\\\\";
      at++;
    } else if (char === quote) return { value, end: at + 1 };
    else value += char;
  }
  return undefined;
}

/** Source: `expandEscapes`. */
function expandEscapes(text: string): string {
  return text.replaceAll(/\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g, (match, char: string | undefined, octal = "") => {
    if (char === undefined) return octal?.length === 3 ? String.fromCharCode(Number.parseInt(octal, 8)) : `\\${octal}`;
    return escapes[char] ?? match;
  });
}

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  $: "$$",
  '"': '"',
  "\\": "\\",
};
