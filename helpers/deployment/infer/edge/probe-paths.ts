import type { MatcherName, Rule } from "../../traefik/rules/rule.ts";

/** Paths of LiteLLM that are asked for on every host, whatever its rules name. */
const usualPaths = [
  "/ui",
  "/docs",
  "/mcp",
  "/v1/models",
  "/v1/chat/completions",
  "/v1/responses",
  "/health/liveliness",
];

/** A path that no rule names. */
export const unnamedPaths = ["/", "/conformance-init-probe", "/conformance-init-probe/below"];

/** What is asked around a path: itself, with a slash, below it, and a path that only looks like it. */
export interface PathFamily {
  /** Without a slash at its end; `/` for the root. */
  base: string;
  withSlash: string;
  below: string;
  lookAlike: string;
}

/** The paths that rules name, shortest first, and {@link usualPaths}. */
export function pathFamilies(rules: readonly Rule[]): PathFamily[] {
  const named = rules.flatMap((rule) => argumentsOf(rule, ["Path", "PathPrefix"]));
  const bases = new Set([...named.map((path) => path.replace(/\/+$/, "")), ...usualPaths]);
  bases.delete("");
  return [...bases]
    .toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))
    .map((base) => ({
      base,
      withSlash: `${base}/`,
      below: `${base}/conformance-init-probe`,
      lookAlike: `${base}x`,
    }));
}

/** The methods to ask with: every method where a rule names one, else GET. */
export function probeMethods(rules: readonly Rule[]): string[] {
  const isNamed = rules.some((rule) => argumentsOf(rule, ["Method"]).length > 0);
  // HEAD is not distinguished: an answer without a body does not show where it comes from.
  return isNamed ? ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] : ["GET"];
}

/** The first values of every matcher of these names, without repetitions. */
export function argumentsOf(rule: Rule, names: readonly MatcherName[]): string[] {
  switch (rule.kind) {
    case "not":
      return argumentsOf(rule.rule, names);
    case "and":
    case "or":
      return [...new Set([...argumentsOf(rule.left, names), ...argumentsOf(rule.right, names)])];
    case "matcher":
      return names.includes(rule.name) ? rule.args.slice(0, 1) : [];
  }
}
