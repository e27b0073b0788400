import type { Rule } from "./rule.ts";

/** A condition of a rule, e.g. `` PathPrefix(`/v1`) ``. */
export type Matcher = Extract<Rule, { kind: "matcher" }>;

/** The matchers of a rule, without negated ones: what must not match cannot be the reason for a match. */
export function positiveMatchers(rule: Rule): Matcher[] {
  switch (rule.kind) {
    case "matcher":
      return [rule];
    case "not":
      return [];
    case "and":
    case "or":
      return [...positiveMatchers(rule.left), ...positiveMatchers(rule.right)];
  }
}
