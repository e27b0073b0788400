import { nearest } from "../../../core/text/nearest.ts";
import { isRange } from "../schema.ts";
import { re2Problem } from "./re2.ts";
import { RuleError, type Token, tokens } from "./rule-tokens.ts";

export { RuleError };

/** The matchers of Traefik's v3 rules. */
export const matcherNames = [
  "ClientIP",
  "Method",
  "Host",
  "HostRegexp",
  "Path",
  "PathRegexp",
  "PathPrefix",
  "Header",
  "HeaderRegexp",
  "Query",
  "QueryRegexp",
] as const;

/** Name of a matcher. */
export type MatcherName = (typeof matcherNames)[number];

/** A rule, parsed. */
export type Rule = { span: RuleSpan } & (
  | { kind: "matcher"; name: MatcherName; args: readonly string[] }
  | { kind: "not"; rule: Rule }
  | { kind: "and" | "or"; left: Rule; right: Rule }
);

/** The text of a part of a rule, including parentheses around it; offsets in the rule's text, `end` is exclusive. */
export interface RuleSpan {
  start: number;
  end: number;
}

const argumentCounts: Readonly<Record<MatcherName, readonly number[]>> = {
  ClientIP: [1],
  Method: [1],
  Host: [1],
  HostRegexp: [1],
  Path: [1],
  PathRegexp: [1],
  PathPrefix: [1],
  Header: [2],
  HeaderRegexp: [2],
  Query: [1, 2],
  QueryRegexp: [1, 2],
};

/** Matchers of v2 that v3 replaced. */
const replaced: Readonly<Record<string, string>> = { Headers: "Header", HeadersRegexp: "HeaderRegexp" };

/**
 * Parses a rule in Traefik's v3 syntax, which is Go's expression syntax with values in backticks or double quotes.
 * Source: traefik v3.5, pkg/rules/parser.go and pkg/muxer/http/matcher.go.
 *
 * @param options.severalValues whether a matcher of one value may have several, each of which may match, as in version 2: the
 *   result has a matcher for each, with the span of all
 * @throws RuleError with the column
 */
export function parseRule(text: string, options: { severalValues: boolean } = { severalValues: false }): Rule {
  return new RuleReader(text, options).read();
}

class RuleReader {
  readonly #tokens: Token[];
  readonly #severalValues: boolean;
  #at = 0;

  constructor(text: string, { severalValues }: { severalValues: boolean }) {
    this.#tokens = tokens(text);
    this.#severalValues = severalValues;
  }

  read(): Rule {
    if (this.#peek().kind === "end") throw new RuleError(1, "the rule is empty", "write at least Host(`…`)");
    const rule = this.#or();
    const rest = this.#peek();
    if (rest.kind !== "end") {
      throw new RuleError(
        rest.column,
        `'${rest.text}' follows a complete rule`,
        "join the parts with && or ||, and check the parentheses",
      );
    }
    return rule;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "", column: 1, end: 0 };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #or(): Rule {
    let rule = this.#and();
    while (this.#peek().kind === "||") {
      this.#at++;
      rule = joined("or", rule, this.#and());
    }
    return rule;
  }

  #and(): Rule {
    let rule = this.#unary();
    while (this.#peek().kind === "&&") {
      this.#at++;
      rule = joined("and", rule, this.#unary());
    }
    return rule;
  }

  #unary(): Rule {
    const token = this.#next();
    const start = token.column - 1;
    if (token.kind === "!") {
      const rule = this.#unary();
      return { kind: "not", rule, span: { start, end: rule.span.end } };
    }
    if (token.kind === "(") {
      const rule = this.#or();
      const { end } = this.#expect(")", "close the parenthesis");
      return { ...rule, span: { start, end } };
    }
    if (token.kind === "word") return this.#matcher(token);
    if (token.kind === "end")
      throw new RuleError(
        token.column,
        "the rule ends where a matcher is expected",
        "write a matcher, e.g. Path(`/ui`), or remove the operator",
      );
    throw new RuleError(
      token.column,
      `'${token.text}' found, a matcher was expected`,
      "write a matcher, e.g. Path(`/ui`)",
    );
  }

  #matcher(token: Token): Rule {
    const name = matcherName(token);
    this.#expect("(", `write ${name}(\`…\`)`);
    const args: string[] = [];
    const columns: number[] = [];
    while (this.#peek().kind !== ")") {
      if (args.length > 0) {
        this.#expect(",", "separate the values with a comma");
        if (this.#peek().kind === ")") break;
      }
      const value = this.#next();
      if (value.kind !== "text") {
        const found = value.kind === "end" ? "the end of the rule" : `'${value.text}'`;
        throw new RuleError(
          value.column,
          `${found} found, a value of ${name} was expected`,
          "put the value in backticks",
        );
      }
      args.push(value.text);
      columns.push(value.column);
    }
    const { end } = this.#next();
    const counts = argumentCounts[name];
    const isList = this.#severalValues && counts.length === 1 && counts[0] === 1 && args.length > 1;
    if (!isList && !counts.includes(args.length)) {
      const many = args.length > Math.max(...counts) && counts.includes(1) && counts.length === 1;
      throw new RuleError(
        token.column,
        `${name} takes ${counts.join(" or ")} value${counts.at(-1) === 1 ? "" : "s"}, not ${args.length}`,
        many ? `write ${args.map((arg) => `${name}(\`${arg}\`)`).join(" || ")}` : `give ${name} ${counts.join(" or ")}`,
      );
    }
    for (const [index, value] of args.entries())
      checkValue(name, isList ? 0 : index, value, columns[index] ?? token.column);
    const span = { start: token.column - 1, end };
    if (isList) return args.map((arg): Rule => ({ kind: "matcher", name, args: [arg], span })).reduce(eitherOf);
    return { kind: "matcher", name, args, span };
  }

  #expect(kind: Token["kind"], fix: string): Token {
    const token = this.#next();
    if (token.kind === kind) return token;
    const found = token.kind === "end" ? "the end of the rule" : `'${token.text}'`;
    throw new RuleError(token.column, `${found} found, '${kind}' was expected`, fix);
  }
}

function joined(kind: "and" | "or", left: Rule, right: Rule): Rule {
  return { kind, left, right, span: { start: left.span.start, end: right.span.end } };
}

/** Either of two rules that have one place in the text. */
function eitherOf(left: Rule, right: Rule): Rule {
  return { kind: "or", left, right, span: left.span };
}

/** Traefik accepts each name as it is, in upper case, in lower case, and capitalised. */
function matcherName({ text, column }: Token): MatcherName {
  for (const name of matcherNames) {
    const lower = name.toLowerCase();
    if ([name, lower, name.toUpperCase(), lower.charAt(0).toUpperCase() + lower.slice(1)].includes(text)) return name;
  }
  const instead = replaced[text];
  if (instead !== undefined)
    throw new RuleError(column, `'${text}' is a matcher of Traefik v2 that v3 does not have`, `write ${instead}`);
  const near = nearest(text, matcherNames);
  throw new RuleError(
    column,
    `'${text}' is not a matcher`,
    near === undefined ? `use one of ${matcherNames.join(", ")}` : `write ${near}`,
  );
}

function checkValue(name: MatcherName, index: number, value: string, column: number): void {
  if (value === "") throw new RuleError(column, `${name} has an empty value`, "write the value between the backticks");
  if ((name === "Path" || name === "PathPrefix") && !value.startsWith("/")) {
    throw new RuleError(column, `${name}(\`${value}\`): a path begins with '/'`, `write ${name}(\`/${value}\`)`);
  }
  if ((name === "Host" || name === "HostRegexp") && !isAscii(value)) {
    throw new RuleError(column, `${name} takes ASCII only`, "write the name in its xn-- form");
  }
  if (name === "ClientIP" && !isRange(value)) {
    throw new RuleError(
      column,
      `ClientIP(\`${value}\`) is neither an address nor a range`,
      "write an address like 192.0.2.1 or a range like 192.0.2.0/24",
    );
  }
  const isRegexp = name.endsWith("Regexp") && (index === 1 || name === "HostRegexp" || name === "PathRegexp");
  const problem = isRegexp ? re2Problem(value) : undefined;
  if (problem !== undefined) {
    throw new RuleError(
      column,
      `${name} has a regexp that Go can't compile: ${problem}`,
      "write it in RE2's syntax (https://github.com/google/re2/wiki/Syntax)",
    );
  }
}

function isAscii(text: string): boolean {
  return [...text].every((char) => char.charCodeAt(0) < 128);
}
