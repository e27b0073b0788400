import { parseRule, type Rule, RuleError } from "./rule.ts";

/**
 * A rule in version 2's syntax, as version 3 would have it: a matcher with several values matches any of them. Undefined for one that
 * version 3 has no equal of, e.g. with `{name:regexp}`, and for one that does not parse.
 */
export function ruleOfVersionTwo(text: string): Rule | undefined {
  if (text.includes("{") || /\b(?:HostRegexp|Headers(?:Regexp)?|HostHeader|Query)\(/.test(text)) return undefined;
  try {
    return parseRule(text, { severalValues: true });
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return undefined;
  }
}

/**
 * The rule of a router that Traefik's API has: in version 3's syntax, else in version 2's, which that version's API gives.
 *
 * @throws RuleError where it is in neither
 */
export function parseLiveRule(text: string): Rule {
  try {
    return parseRule(text);
  } catch (error) {
    const older = error instanceof RuleError ? ruleOfVersionTwo(text) : undefined;
    if (older === undefined) throw error;
    return older;
  }
}
