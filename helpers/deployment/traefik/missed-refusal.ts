import type { PolicyHost } from "../types.ts";
import { isForTheRest, type MissedRouter, matchesRule, nearestOf, whyMissed } from "./missed-router.ts";
import type { TraefikModel } from "./model.ts";
import type { RuleRequest } from "./rules/witness.ts";

/** A router whose rule needs more than a misspelt host or another entry point was not meant for the request. */
const farthest = 0.9;

/**
 * The router that was meant to refuse what no other router of a host takes, and why it does not: its host, its entry point or its
 * TLS is another one, or it has no rule.
 *
 * @param request that no router took
 * @param host of the request
 * @param hosts all of the policy
 * @returns undefined where no router is near: then nothing was meant to refuse it
 */
export function missedRefusal(
  model: TraefikModel,
  request: RuleRequest,
  host: PolicyHost,
  hosts: readonly PolicyHost[],
): MissedRouter | undefined {
  const { entryPoint, scheme } = host;
  const others = hosts.filter((one) => one !== host);
  const candidates = model.routers.filter((router) => {
    const { rule, options } = router;
    if (rule === undefined || !options.has("rule")) return true;
    // One that does its work for another host is right.
    const servesAnother = others.some(
      (one) =>
        (one.entryPoint === undefined || model.entryPointsOf(router).includes(one.entryPoint)) &&
        matchesRule(rule, { ...request, host: one.name }),
    );
    return isForTheRest(rule) && !servesAnother;
  });
  const nearest = nearestOf(model, candidates, request, entryPoint);
  if (nearest === undefined || nearest.distance > farthest) return undefined;
  return whyMissed(model, nearest.router, undefined, { entryPoint, scheme }, request);
}
