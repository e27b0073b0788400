import { parseRule, RuleError } from "../../../helpers/deployment/traefik/rules/rule.ts";
import { type Alternative, alternativesOf } from "../../../helpers/deployment/traefik/rules/witness.ts";

/** The alternatives of a live rule, or why they can't be listed: it is in another syntax than v3's, or it has too many. */
export function listedAlternatives(rule: string): readonly Alternative[] | { untried: string } {
  try {
    return alternativesOf(parseRule(rule));
  } catch (error) {
    if (error instanceof RuleError || error instanceof RangeError) return { untried: error.message };
    throw error;
  }
}
