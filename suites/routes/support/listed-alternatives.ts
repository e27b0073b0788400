import { RuleError } from "../../../helpers/deployment/traefik/rules/rule.ts";
import { parseLiveRule } from "../../../helpers/deployment/traefik/rules/rule-of-version-two.ts";
import { type Alternative, alternativesOf, type Condition } from "../../../helpers/deployment/traefik/rules/witness.ts";

/**
 * The alternatives of a live rule, or why they can't be listed: version 3 has no equal of it, or it has too many.
 *
 * @param isWanted only alternatives all of whose conditions are; default: all
 */
export function listedAlternatives(
  rule: string,
  isWanted?: (condition: Condition) => boolean,
): readonly Alternative[] | { untried: string } {
  try {
    return alternativesOf(parseLiveRule(rule), { isWanted });
  } catch (error) {
    if (error instanceof RuleError || error instanceof RangeError) return { untried: error.message };
    throw error;
  }
}
