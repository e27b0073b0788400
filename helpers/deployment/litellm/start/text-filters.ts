import type { VariableLookup } from "../../compose/environment/interpolation.ts";

/** What a program prints for a text; undefined where that is not known. */
type Filter = (text: string) => string | undefined;

/**
 * gettext's `envsubst`: `$NAME` and `${NAME}` become the variable's value, or nothing.
 *
 * @param format the variables that are replaced, as a text that names them (`'$ONE ${TWO}'`); undefined for all
 */
export function envsubst(variables: VariableLookup, format: string | undefined): Filter {
  const reference = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g;
  const listed = new Set([...(format ?? "").matchAll(reference)].map(([, braced, plain]) => braced ?? plain));
  return (text) =>
    text.replaceAll(reference, (whole, braced?: string, plain?: string) => {
      const name = braced ?? plain ?? "";
      return format !== undefined && !listed.has(name) ? whole : (variables.get(name) ?? "");
    });
}

/** A substitution of sed. */
interface Substitution {
  pattern: RegExp;
  replacement: string;
}

/**
 * The `s` commands of a script of sed; undefined for a script with any other command, or with a regular expression that means
 * something else in JavaScript.
 *
 * @param isExtended whether it has extended regular expressions (`-E`)
 */
export function sed(script: string, isExtended: boolean): Filter | undefined {
  const substitutions: Substitution[] = [];
  let rest = script.trim();
  while (rest !== "") {
    const [first, delimiter = ""] = /^s([^\w\s\\])/.exec(rest) ?? [];
    if (first === undefined) return undefined;
    const fields = fieldsOf(rest.slice(2), delimiter);
    const [, flags = "", following = ""] = /^([gI]*)\s*(?:[;\n]\s*([\s\S]*))?$/.exec(fields?.rest ?? "?") ?? [];
    if (fields === undefined || !/^[gI]*\s*(?:[;\n]|$)/.test(fields.rest)) return undefined;
    const source = patternOf(fields.pattern, isExtended);
    const replacement = replacementOf(fields.replacement);
    if (source === undefined || replacement === undefined) return undefined;
    try {
      substitutions.push({ pattern: new RegExp(source, flags.toLowerCase()), replacement });
    } catch {
      return undefined;
    }
    rest = following;
  }
  return (text) =>
    text
      .split("\n")
      .map((line) => substitutions.reduce((left, { pattern, replacement }) => left.replace(pattern, replacement), line))
      .join("\n");
}

/** The two fields of a substitution after its first delimiter; a delimiter after a backslash is a character of the field. */
function fieldsOf(text: string, delimiter: string): { pattern: string; replacement: string; rest: string } | undefined {
  const fields: string[] = [""];
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    const next = text[at + 1];
    if (char === "\\" && next !== undefined) {
      fields.push((fields.pop() ?? "") + (next === delimiter ? next : char + next));
      at++;
    } else if (char === delimiter) {
      if (fields.length === 2) {
        const [pattern = "", replacement = ""] = fields;
        return { pattern, replacement, rest: text.slice(at + 1) };
      }
      fields.push("");
    } else fields.push((fields.pop() ?? "") + char);
  }
  return undefined;
}

/** The source of the same regular expression in JavaScript; undefined where it has a group, a class or an interval. */
function patternOf(pattern: string, isExtended: boolean): string | undefined {
  if (/\\[\w(){}<>]|\[/.test(pattern) || (isExtended && /[(){}|+?]/.test(pattern.replaceAll(/\\./g, ""))))
    return undefined;
  // A dollar sign is an anchor at the end only, and a circumflex at the beginning only.
  return pattern.replaceAll(/\\.|[+?(){}|\]/]|\$(?!$)|(?<!^)\^/g, (char) =>
    char.startsWith("\\") ? char : `\\${char}`,
  );
}

/** The same replacement in JavaScript; undefined where it names a group. */
function replacementOf(text: string): string | undefined {
  if (/\\[\w]/.test(text)) return undefined;
  return text.replaceAll(/\\(.)|&|\$/gs, (char, escaped?: string) => {
    if (char === "&") return "$&";
    return (escaped ?? char) === "$" ? "$$" : (escaped ?? char);
  });
}
