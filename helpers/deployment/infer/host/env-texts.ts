import { existsSync, readFileSync } from "node:fs";
import { exampleNames, fileOrExample } from "../../compose/environment/example-files.ts";

/** LiteLLM's example of a master key, with which 1.106.2 refuses to start. */
export const wellKnownKey = "sk-1234";

/** The names that an env file's text sets to more than an empty text. */
export function filledNames(text: string): string[] {
  return assignments(text).flatMap(({ name, isEmpty }) => (isEmpty ? [] : [name]));
}

/** The variables that an env file's text sets to more than an empty text, without quotes and comments. */
export function variablesOf(text: string): Map<string, string> {
  return new Map(
    assignments(text).flatMap(({ name, value, isEmpty }) => {
      const [, quoted] = /^\s*["']([^"']*)["']/.exec(value) ?? [];
      const plain = quoted ?? value.replace(/(?:^|\s)#.*$/, "").trim();
      return isEmpty ? [] : [[name, plain]];
    }),
  );
}

/** The names that an env file's text sets to an empty text. */
export function emptyNames(text: string): string[] {
  return assignments(text).flatMap(({ name, isEmpty }) => (isEmpty ? [name] : []));
}

/** The names that an env file's text sets to {@link wellKnownKey}. */
export function wellKnownNames(text: string): string[] {
  return assignments(text).flatMap(({ name, value }) => (isWellKnown(value) ? [name] : []));
}

/** Whether a value in an env file's text is a path below the home directory. */
export function namesHome(text: string): boolean {
  return assignments(text).some(({ value }) => /^\s*["']?(?:~|\$HOME|\$\{HOME\})\//.test(value));
}

/** An env file's text, or its example's. */
export interface EnvText {
  /** Without the example's ending. */
  path: string;
  text: string;
  isExample: boolean;
  /** Whether a run finds it: it reads the file itself, else its example. */
  isFound: boolean;
}

/** An env file, or its example in its place; undefined where neither is there. */
export function envTextAt(path: string): EnvText | undefined {
  const file = fileOrExample(path);
  if (file === undefined) return undefined;
  return { path, text: readFileSync(file, "utf8"), isExample: file !== path, isFound: true };
}

/** The first example of an env file, where there is one: its path and what it sets. */
export function exampleOf(path: string): { path: string; variables: ReadonlyMap<string, string> } | undefined {
  const file = exampleNames(path).find((one) => existsSync(one));
  return file === undefined ? undefined : { path: file, variables: variablesOf(readFileSync(file, "utf8")) };
}

/** An env file's text with further values: in place of the empty ones and of LiteLLM's example key, the others at its end. */
export function filledText(text: string, values: ReadonlyMap<string, string>): string {
  const filled = new Set<string>();
  const byLine = new Map(assignments(text).map((assignment) => [assignment.line, assignment]));
  const lines = text.split("\n").map((line, index) => {
    const assignment = byLine.get(index);
    const value = assignment === undefined ? undefined : values.get(assignment.name);
    if (assignment === undefined || value === undefined) return line;
    if (!assignment.isEmpty && !isWellKnown(assignment.value)) return line;
    filled.add(assignment.name);
    return `${assignment.name}=${value}`;
  });
  const rest = [...values].filter(([name]) => !filled.has(name)).map(([name, value]) => `${name}=${value}`);
  return [...lines.join("\n").trimEnd().split("\n"), ...rest]
    .filter((line, index) => index > 0 || line !== "")
    .join("\n");
}

/** One assignment of an env file's text. */
interface Assignment {
  name: string;
  /** As written, with quotes and comments. */
  value: string;
  /** Whether the program gets an empty text: nothing is written, or references to variables that the lines above do not fill. */
  isEmpty: boolean;
  /** From 0. */
  line: number;
}

function assignments(text: string): Assignment[] {
  const filled = new Set<string>();
  return text.split("\n").flatMap((written, line) => {
    const [, name, value = ""] = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*[=:](.*)$/.exec(written) ?? [];
    if (name === undefined) return [];
    const isOpen = isEmpty(withoutUnset(value, filled));
    if (!isOpen) filled.add(name);
    return [{ name, value, isEmpty: isOpen, line }];
  });
}

/** A value without the references to variables that no line above fills. Single quotes make a dollar sign a part of the text. */
function withoutUnset(value: string, filled: ReadonlySet<string>): string {
  if (/^\s*'/.test(value)) return value;
  return value.replaceAll(/(?<!\$)\$(?:\{(\w+)(?::?-)?\}|([A-Za-z_]\w*))/g, (whole, braced?: string, bare?: string) =>
    filled.has(braced ?? bare ?? "") ? whole : "",
  );
}

function isWellKnown(value: string): boolean {
  return new RegExp(`^\\s*["']?${wellKnownKey}["']?\\s*(?:#.*)?$`).test(value);
}

function isEmpty(value: string): boolean {
  return /^\s*(?:""|'')?\s*(?:#.*)?$/.test(value);
}
