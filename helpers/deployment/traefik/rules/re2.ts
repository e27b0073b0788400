import { RE2JS, RE2JSSyntaxException } from "re2js";

const compiled = new Map<string, RE2JS>();

/**
 * The compiled regular expression; each pattern once, because compiling takes a millisecond and a rule is asked hundreds of times.
 *
 * @throws {RE2JSSyntaxException} when RE2 refuses it
 */
export function re2(pattern: string): RE2JS {
  const known = compiled.get(pattern) ?? RE2JS.compile(pattern);
  compiled.set(pattern, known);
  return known;
}

/**
 * Why Go's regexp package (RE2) refuses a pattern; undefined when it compiles. Traefik drops a router whose regexp does
 * not compile. Source: https://pkg.go.dev/regexp/syntax
 */
export function re2Problem(pattern: string): string | undefined {
  try {
    re2(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return missingFeature(pattern, error) ?? error.message.replace(/^error parsing regexp: /, "");
  }
}

/** RE2's own message names a syntax error where a person used a feature that RE2 does not have. */
function missingFeature(pattern: string, { message }: Error): string | undefined {
  const around = /\(\?<?[=!]/.exec(message)?.[0];
  if (around !== undefined) return `'${around}': Go's regexps have no lookaround`;
  if (message.includes("(?>")) return "'(?>': Go's regexps have no atomic groups";
  const reference = /invalid escape sequence: `(\\[1-9k])/.exec(message)?.[1];
  if (reference !== undefined) return `'${reference}': Go's regexps have no backreferences`;
  if (/nested repetition operator: `.\+`/.test(message) && /[*+?}]\+/.test(pattern))
    return "'+' after another repetition: Go's regexps have no possessive quantifiers";
  return undefined;
}
