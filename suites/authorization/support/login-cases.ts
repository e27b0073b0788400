import type { Edge } from "../../../containers/targets/edge.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { type AccessCase, casesFor } from "../../support/access-cases.ts";
import { locationOf } from "../../support/router-locations.ts";

/** A request that needs a login, and the compose service that judges it. */
export interface LoginCase extends AccessCase<"login"> {
  service: string;
}

/**
 * The requests that need a login; ends the check where the policy has none, or where the service that judges is not part of the
 * run.
 */
export function loginCases(edge: Edge, evidence: Evidence, methods: readonly string[]): LoginCase[] {
  const cases = casesFor(edge.policy, ["login"], { methods });
  if (cases.length === 0) evidence.notSupported("the policy has no login in front of a host");
  const judged = cases.flatMap((one) => {
    const { service } = one.decision.rule;
    return service !== undefined && edge.hasJudge(service) ? [{ ...one, service }] : [];
  });
  const missing = cases.find(({ decision: { rule } }) => !judged.some(({ service }) => service === rule.service));
  if (missing !== undefined)
    evidence.notSupported(
      `${missing.decision.rule.service} is not part of the run: set 'parts.${missing.decision.rule.service}.stand_in: forward-auth'`,
    );
  return judged;
}

/** Header that only the stand-in's refusals have. */
const refusalHeader = "x-forward-auth-refusal";

/** Whether an answer is the stand-in's own refusal. */
export function refusedByJudge({ response }: Exchange): boolean {
  return header(response?.headers, refusalHeader) !== undefined;
}

/** The middlewares of the router that took a request, for a failure's `location`; the rule's without them. */
export function locationOfForwardAuth(edge: Edge, router: string | undefined): { location?: SourceLocation } {
  const location = locationOf(edge.deployment, router, "middlewares");
  return location === undefined ? {} : { location };
}

/** The option of the deployment's forwardAuth middlewares that has a name; the middleware's own place without it. */
export function forwardAuthOption({ deployment }: Edge, option: string): { location?: SourceLocation } {
  const own = deployment.traefikModel.middlewares.filter(({ kind }) => kind === "forwardauth");
  const [written] = own.flatMap(({ options }) =>
    [...options].filter(([key]) => key.toLowerCase().startsWith(`forwardauth.${option.toLowerCase()}`)),
  );
  const location = written?.[1].location ?? own[0]?.location;
  return location === undefined ? {} : { location };
}
