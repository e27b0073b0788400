/** A rule that Traefik refuses. */
export class RuleError extends Error {
  override readonly name = "RuleError";
  /** 1-based column in the rule. */
  readonly column: number;
  readonly fix: string;

  constructor(column: number, message: string, fix: string) {
    super(message);
    this.column = column;
    this.fix = fix;
  }
}

/** A token of a rule. */
export interface Token {
  kind: "word" | "text" | "&&" | "||" | "!" | "(" | ")" | "," | "end";
  text: string;
  /** 1-based. */
  column: number;
  /** Offset after its last character. */
  end: number;
}

/**
 * Splits a rule into tokens.
 *
 * @throws RuleError with the column
 */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const column = at + 1;
    const rest = text.slice(at);
    const space = /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)+/.exec(rest)?.[0];
    if (space !== undefined) {
      at += space.length;
      const last = found.at(-1)?.kind;
      const complete = last === ")" || last === "word" || last === "text";
      if (complete && space.includes("\n") && at < text.length) {
        throw new RuleError(
          column,
          "Go treats the expression as complete at the end of this line",
          "fold the lines with '>-', or end the line with the operator",
        );
      }
      continue;
    }
    const operator = /^(?:&&|\|\||[!(),])/.exec(rest)?.[0];
    if (operator !== undefined) {
      at += operator.length;
      found.push({ kind: operator as Token["kind"], text: operator, column, end: at });
      continue;
    }
    const word = /^[A-Za-z_]\w*/.exec(rest)?.[0];
    if (word !== undefined) {
      at += word.length;
      found.push({ kind: "word", text: word, column, end: at });
      continue;
    }
    if (rest.startsWith("`")) {
      const end = text.indexOf("`", at + 1);
      if (end === -1) throw new RuleError(column, "a backtick is never closed", "close the value with a backtick");
      found.push({ kind: "text", text: text.slice(at + 1, end), column, end: end + 1 });
      at = end + 1;
      continue;
    }
    if (rest.startsWith('"')) {
      const value = /^"(?:[^"\\]|\\.)*"/.exec(rest)?.[0];
      if (value === undefined) throw new RuleError(column, "a double quote is never closed", 'close the value with "');
      at += value.length;
      found.push({ kind: "text", text: goString(value, column), column, end: at });
      continue;
    }
    if (rest.startsWith("'"))
      throw new RuleError(column, "Traefik's rules have no values in single quotes", "put the value in backticks");
    const fix = /^[&|]/.test(rest) ? "write && or ||" : "remove it, or put it between the backticks of a value";
    throw new RuleError(column, `'${rest.charAt(0)}' has no meaning here`, fix);
  }
  found.push({ kind: "end", text: "", column: text.length + 1, end: text.length });
  return found;
}

/** Go's interpreted string: the escapes that it shares with JSON are enough for rules. */
function goString(quoted: string, column: number): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    throw new RuleError(
      column,
      `${quoted} contains an escape that Go does not know`,
      "put the value in backticks, where a backslash is an ordinary character",
    );
  }
}
