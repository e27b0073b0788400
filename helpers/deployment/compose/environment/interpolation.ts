/** A variable that can't be interpolated. */
export interface InterpolationProblem {
  /** The piece of the text that is the matter, e.g. `${POSTGRES_PASWORD`. */
  piece: string;
  /** The variable's name, when a variable is at fault. */
  variable?: string;
  what: string;
  fix: string;
}

export interface Interpolated {
  value: string;
  problems: readonly InterpolationProblem[];
}

const ESCAPED = "write '$$' for a literal dollar sign";

/**
 * Compose's interpolation: `$VAR`, `${VAR}`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?error}`, `${VAR?error}`,
 * `${VAR:+instead}`, `${VAR+instead}`, and `$$` for a dollar sign. An unset variable is a problem here;
 * compose warns and inserts an empty text.
 *
 * Source: compose-spec, 12-interpolation.
 */
export function interpolate(text: string, variables: { get(name: string): string | undefined }): Interpolated {
  const problems: InterpolationProblem[] = [];
  let value = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar === -1) break;
    value += text.slice(at, dollar);
    const rest = text.slice(dollar);
    if (rest.startsWith("$$")) {
      value += "$";
      at = dollar + 2;
      continue;
    }
    const named = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(rest);
    if (named !== null) {
      const name = named[1] ?? "";
      value += variables.get(name) ?? unset(name, named[0], problems);
      at = dollar + named[0].length;
      continue;
    }
    if (rest.startsWith("${")) {
      const end = closingBrace(rest);
      const piece = end === -1 ? rest : rest.slice(0, end + 1);
      at = dollar + piece.length;
      const parts = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([\s\S]*))?\}$/.exec(piece);
      if (end === -1 || parts === null) {
        problems.push({
          piece: piece.slice(0, 40),
          what: end === -1 ? "'${' is never closed" : `'${piece}' is not a variable`,
          fix:
            end === -1
              ? `close it with '}', or ${ESCAPED}`
              : `write \${NAME} in a form that compose knows, or ${ESCAPED}`,
        });
        continue;
      }
      value += substitute(parts[1] ?? "", parts[2], parts[3] ?? "", piece, variables, problems);
      continue;
    }
    problems.push({
      piece: rest.slice(0, 2),
      what: "a single '$' that starts no variable: compose refuses it",
      fix: ESCAPED,
    });
    at = dollar + 1;
  }
  return { value: value + text.slice(at), problems };
}

function substitute(
  name: string,
  operator: string | undefined,
  word: string,
  piece: string,
  variables: { get(name: string): string | undefined },
  problems: InterpolationProblem[],
): string {
  const set = variables.get(name);
  // With a colon, empty counts as unset.
  const given = operator?.startsWith(":") && set === "" ? undefined : set;
  const nested = (): string => {
    const inner = interpolate(word, variables);
    problems.push(...inner.problems);
    return inner.value;
  };
  switch (operator?.at(-1)) {
    case "-":
      return given ?? nested();
    case "+":
      return given === undefined ? "" : nested();
    case "?":
      if (given !== undefined) return given;
      problems.push({
        piece,
        variable: name,
        what: `the variable '${name}' is not set${word === "" ? "" : `: ${nested()}`}`,
        fix: `set ${name} in the env file`,
      });
      return "";
    default:
      return set ?? unset(name, piece, problems);
  }
}

function unset(name: string, piece: string, problems: InterpolationProblem[]): string {
  problems.push({
    piece,
    variable: name,
    what: `the variable '${name}' is not set`,
    fix: `set ${name} in the env file, or ${ESCAPED}`,
  });
  return "";
}

/** Offset of the brace that closes the one at offset 1; -1 when there is none. */
function closingBrace(text: string): number {
  let depth = 0;
  for (let at = 1; at < text.length; at++) {
    if (text[at] === "{" && text[at - 1] === "$") depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}
