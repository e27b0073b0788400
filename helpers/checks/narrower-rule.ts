import { type Decision, decide, isOpen } from "../deployment/policy/access.ts";
import { isForTheRest } from "../deployment/traefik/missed-router.ts";
import { type Matcher, positiveMatchers } from "../deployment/traefik/rules/matchers.ts";
import type { Rule } from "../deployment/traefik/rules/rule.ts";
import { alternativeText, holds, type RuleRequest } from "../deployment/traefik/rules/witness.ts";
import type { Policy, PolicyHost } from "../deployment/types.ts";

/**
 * How to change a rule that matches a request which the policy keeps from LiteLLM, as an imperative.
 *
 * @param decision what the policy says of the request
 * @returns undefined where the rule demands a credential and got one: its form is at fault, which no change of the path removes
 */
export function narrowerRule(
  rule: Rule,
  request: RuleRequest,
  { policy, host, decision }: { policy: Policy; host: PolicyHost; decision: Decision },
): string | undefined {
  const matching = positiveMatchers(rule).filter((one) => holds({ ...one, negated: false }, request));
  if (matching.some(({ name, args: [header = ""] }) => /^Header/.test(name) && /^authorization$/i.test(header)))
    return undefined;
  const { path } = request;
  const isOpenPath = (one: string): boolean => isOpen(decide(policy, host, { method: request.method, path: one }));
  const prefixes = matching.filter(({ name, args: [first] }) => name === "PathPrefix" && first !== "/");
  // The longest says most of the request.
  const [prefix] = prefixes.toSorted((one, other) => textOf(other).length - textOf(one).length);
  const base = prefix?.args[0]?.replace(/\/$/, "");
  if (prefix !== undefined && base !== undefined && isOpenPath(base) && path !== base) {
    const isBelow = path.startsWith(`${base}/`);
    if (!isBelow && isOpenPath(`${base}/any-path-below`))
      return `write (Path(\`${base}\`) || PathPrefix(\`${base}/\`)) in place of ${textOf(prefix)}`;
    if (!isBelow) return `write Path(\`${base}\`) in place of ${textOf(prefix)}`;
    if (!isOpenPath(`${base}/any-path-below`))
      return `write Path(\`${base}\`) in place of ${textOf(prefix)}, or open ${base}/** in the policy`;
  }
  const pattern = matching.find(({ name }) => name === "PathRegexp");
  if (pattern !== undefined)
    return `let ${textOf(pattern)} end with $ or otherwise match less, or say in the policy who may reach this path`;
  if (isForTheRest(rule) && decision.who === "bearer")
    return "add && HeaderRegexp(`Authorization`, `^Bearer .+$`) to the rule, or say in the policy that LiteLLM judges (who: litellm)";
  return "narrow the rule so that it does not match this path, or say in the policy who may reach it";
}

function textOf(matcher: Matcher): string {
  return alternativeText([{ ...matcher, negated: false }]);
}
