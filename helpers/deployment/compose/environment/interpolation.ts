/** What compose says of a variable in a text. */
export interface InterpolationProblem {
  /**
   * - `unset`: compose warns, and inserts an empty text.
   * - `required`: `${NAME:?}` or `${NAME?}` without a value, which compose refuses.
   * - `invalid`: not a form that compose knows, which it refuses.
   */
  kind: "unset" | "required" | "invalid";
  /** The piece of the text that is the matter, e.g. `${POSTGRES_PASWORD}`. */
  piece: string;
  /** The variable's name; undefined for an invalid form. */
  variable?: string;
  what: string;
  fix: string;
}

/** A text with its variables replaced, and what is wrong with them. */
export interface Interpolated {
  value: string;
  problems: readonly InterpolationProblem[];
}

/** Where the values of variables come from. */
export interface VariableLookup {
  get(name: string): string | undefined;
}

const ESCAPED = "write '$$' for a literal dollar sign";

/** Source: compose-go, template/template.go, `DefaultPattern`. */
const pattern = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{(?:([_a-z][_a-z0-9]*(?::?[-+?][^\n]*)?)\})?)/gi;

/**
 * Compose's interpolation: `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?error}`, `${VAR?error}`,
 * `${VAR:+instead}`, `${VAR+instead}`, nested, and `$$` for a dollar sign. A single dollar sign in front of anything else
 * is a dollar sign.
 */
export function interpolate(text: string, variables: VariableLookup): Interpolated {
  return interpolateWithin(text, variables, { length: MAX_LENGTH, depth: MAX_DEPTH });
}

/** A longer text is not a value that a deployment needs: variables of variables can grow without bound. In UTF-16 units. */
const MAX_LENGTH = 1024 * 1024;
/** Defaults within defaults. */
const MAX_DEPTH = 50;

/** How much more may be inserted. */
interface Limits {
  length: number;
  depth: number;
}

function interpolateWithin(text: string, variables: VariableLookup, limits: Limits): Interpolated {
  if (!text.includes("$")) return { value: text, problems: [] };
  const problems: InterpolationProblem[] = [];
  if (limits.depth === 0) return { value: "", problems: [tooMuch(text, `more than ${MAX_DEPTH} defaults are nested`)] };
  const value = text.replaceAll(pattern, (match) => {
    if (limits.length < 0) return "";
    const inserted = replacement(match, variables, problems, limits);
    limits.length -= inserted.length;
    if (limits.length >= 0) return inserted;
    problems.push(tooMuch(match, "the text is longer than 1 MiB once its variables are replaced"));
    return "";
  });
  return { value, problems };
}

function tooMuch(text: string, what: string): InterpolationProblem {
  return { kind: "invalid", piece: text.slice(0, 40), what, fix: "write a shorter value" };
}

function replacement(
  match: string,
  variables: VariableLookup,
  problems: InterpolationProblem[],
  limits: Limits,
): string {
  // The pattern reads to the last brace of the line; what follows this variable's own brace is a text of its own.
  const close = closingBrace(match);
  const piece = close === -1 ? match : match.slice(0, close + 1);
  const [, escaped, named, braced] = new RegExp(pattern.source, "i").exec(piece) ?? [];
  if (escaped !== undefined) return escaped;
  if (named !== undefined) return variables.get(named) ?? unset(named, piece, problems);
  if (braced === undefined) {
    problems.push({
      kind: "invalid",
      piece: piece.slice(0, 40),
      what: "'${' begins no variable in a form that compose knows",
      fix: `write \${NAME}, or ${ESCAPED}`,
    });
    return "";
  }
  const nested = (inner: string): string => {
    const below = { length: limits.length, depth: limits.depth - 1 };
    const result = interpolateWithin(inner, variables, below);
    limits.length = Math.min(limits.length, below.length);
    problems.push(...result.problems);
    return result.value;
  };
  const rest = close === -1 ? "" : match.slice(close + 1);
  const following = (text: string): string => {
    const result = interpolateWithin(text, variables, limits);
    problems.push(...result.problems);
    return result.value;
  };
  return substitute(braced, piece, variables, nested, problems) + following(rest);
}

function substitute(
  braced: string,
  piece: string,
  variables: VariableLookup,
  nested: (inner: string) => string,
  problems: InterpolationProblem[],
): string {
  const [, name = "", operator, word = ""] = /^([_a-z][_a-z0-9]*)(:?[-+?])?([\s\S]*)$/i.exec(braced) ?? [];
  const set = variables.get(name);
  // With a colon, empty counts as unset.
  const given = operator?.startsWith(":") && set === "" ? undefined : set;
  switch (operator?.at(-1)) {
    case "-":
      return given ?? nested(word);
    case "+":
      return given === undefined ? "" : nested(word);
    case "?": {
      if (given !== undefined) return given;
      const reason = nested(word);
      problems.push({
        kind: "required",
        piece,
        variable: name,
        what: `the variable '${name}' is required and not set${reason === "" ? "" : `: ${reason}`}`,
        fix: `set ${name} in the project's .env file, or under 'variables:' in policy.yaml`,
      });
      return "";
    }
    default:
      return set ?? unset(name, piece, problems);
  }
}

function unset(name: string, piece: string, problems: InterpolationProblem[]): string {
  problems.push({
    kind: "unset",
    piece,
    variable: name,
    what: `the variable '${name}' is not set`,
    fix: `set ${name} in the project's .env file, or ${ESCAPED}`,
  });
  return "";
}

/** Offset of the brace that closes the first one; -1 when there is none. Source: `getFirstBraceClosingIndex`. */
function closingBrace(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "}" && --depth === 0) return at;
    if (text[at] === "{") {
      depth++;
      at++;
    }
  }
  return -1;
}
