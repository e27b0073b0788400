import type { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation, Written } from "../../source/location.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { interpolate } from "./interpolation.ts";

/** One assignment of an env file, as written. */
interface Assignment {
  name: string;
  text: string;
  /** Single quotes: nothing is interpolated. */
  literal: boolean;
  location: SourceLocation;
}

/**
 * Reads an env file as compose does: `NAME=value`, comments, `export`, single quotes (literal), double quotes (with escapes
 * such as `\n`, possibly over several lines), and variables of the same file.
 *
 * @param change may replace a value, before later lines use it
 * @param outer variables from elsewhere, e.g. the `--env-file` of compose
 */
export function parseEnvFile(
  source: SourceFile,
  faults: FaultList,
  change: (name: string, value: string) => string = (_, value) => value,
  outer?: ReadonlyMap<string, Written<string>>,
): Map<string, Written<string>> {
  const variables = new Map<string, Written<string>>();
  const lookUp = { get: (name: string) => (variables.get(name) ?? outer?.get(name))?.value };
  for (const { name, text, literal, location } of assignments(source, faults)) {
    const before = variables.get(name);
    if (before !== undefined) {
      faults.add(
        location,
        `'${name}' is set a second time (first in line ${before.location.line})`,
        "keep one of the two: only the last one counts",
      );
    }
    let value = text;
    if (!literal) {
      const result = interpolate(text, lookUp);
      for (const problem of result.problems) {
        faults.add(
          location,
          `in the value of ${name}: ${problem.what}`,
          "put the value in single quotes if the dollar sign is part of it, or set the variable above this line",
        );
      }
      value = result.value;
    }
    variables.set(name, { value: change(name, value), location });
  }
  return variables;
}

function assignments(source: SourceFile, faults: FaultList): Assignment[] {
  const found: Assignment[] = [];
  const { text } = source;
  let at = 0;
  while (at < text.length) {
    const end = endOfLine(text, at);
    const line = text.slice(at, end).replace(/\r$/, "");
    const location = { file: source.file, line: source.lineAt(at) };
    if (/^\s*(#|$)/.test(line)) {
      at = end + 1;
      continue;
    }
    const start = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=[ \t]*/.exec(line);
    if (start === null) {
      const bare = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*$/.exec(line);
      if (bare === null) faults.add(location, "is not an assignment", "write NAME=value, or begin the line with '#'");
      else
        faults.add(
          location,
          `'${bare[1]}' has no value: compose would take it from the shell`,
          `write ${bare[1]}=value`,
        );
      at = end + 1;
      continue;
    }
    const name = start[1] ?? "";
    const from = at + start[0].length;
    const quote = text[from];
    if (quote !== '"' && quote !== "'") {
      const value = line
        .slice(start[0].length)
        .replace(/(^|\s+)#.*$/, "")
        .trimEnd();
      found.push({ name, text: value, literal: false, location });
      at = end + 1;
      continue;
    }
    const close = closingQuote(text, from, quote);
    if (close === -1) {
      faults.add(location, `the quote in the value of ${name} is never closed`, `close it with ${quote}`);
      return found;
    }
    const inner = text.slice(from + 1, close).replaceAll("\r\n", "\n");
    found.push({ name, text: quote === '"' ? unescaped(inner) : inner, literal: quote === "'", location });
    const rest = text.slice(close + 1, endOfLine(text, close)).trim();
    if (rest !== "" && !rest.startsWith("#")) {
      faults.add(location, `text follows the quoted value of ${name}`, "put the whole value within the quotes");
    }
    at = endOfLine(text, close) + 1;
  }
  return found;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

function closingQuote(text: string, open: number, quote: string): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === "\\" && quote === '"') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

function unescaped(text: string): string {
  const meant: Record<string, string> = { n: "\n", r: "\r", t: "\t", '"': '"', "\\": "\\", $: "$$" };
  return text.replaceAll(/\\([nrt"\\$])/g, (_, char: string) => meant[char] ?? char);
}
