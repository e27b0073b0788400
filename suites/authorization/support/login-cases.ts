import type { Edge } from "../../../containers/targets/edge.ts";
import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { whyNotReached, whyNotRefused } from "../../../helpers/checks/routing-causes.ts";
import { middlewaresOf } from "../../../helpers/deployment/traefik/causes.ts";
import { whyLoginUnknown } from "../../../helpers/deployment/traefik/unknown-login.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { type AccessCase, casesFor } from "../../support/access-cases.ts";
import { fieldsOf, locationOf } from "../../support/router-locations.ts";

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
function locationOfForwardAuth(edge: Edge, router: string | undefined): { location?: SourceLocation } {
  const location = locationOf(edge.deployment, router, "middlewares");
  return location === undefined ? {} : { location };
}

/**
 * Why a login service was not asked about a request: the router that took it asks for no login or a host that no
 * service has, or it is not the router that was meant.
 *
 * @param cause where the router does ask somebody
 */
export async function whyNotAsked(
  edge: Edge,
  exchange: Exchange,
  cause: string,
): Promise<Pick<FailureDetails, "cause" | "location" | "fix" | "follows">> {
  const { deployment } = edge;
  const routing = await edge.routing(exchange);
  const { router, server } = routing;
  const taken = router === undefined ? undefined : deployment.traefikModel.routerOf(router);
  const asks = taken && middlewaresOf(deployment.traefikModel, taken).some(({ kind }) => kind === "forwardauth");
  const unknown = { cause, ...locationOfForwardAuth(edge, router) };
  const unknownLogin = taken && whyLoginUnknown(deployment, taken);
  if (unknownLogin !== undefined) return fieldsOf(unknownLogin);
  if (asks) return unknown;
  const isForwarded = server !== undefined || edge.received(exchange) !== undefined;
  const why = isForwarded ? whyNotRefused(deployment, exchange, router) : whyNotReached(deployment, exchange, routing);
  return why.location === undefined ? unknown : why;
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
