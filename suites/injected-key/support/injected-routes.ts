import type { Edge } from "../../../containers/targets/edge.ts";
import { injectedRoutesOf } from "../../../helpers/deployment/policy/access.ts";
import type { InjectedRoute, Policy, PolicyHost, SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { locationOf } from "../../support/router-locations.ts";

/** Values of `Authorization` as the target received them; none when the request did not reach it. */
export function arrivedCredentials(edge: Edge, exchange: Exchange): string[] {
  const headers = edge.received(exchange)?.headers ?? [];
  return headers.filter(([name]) => name.toLowerCase() === "authorization").map(([, value]) => value);
}

/** The policy's injected routes; ends the check where it has none. */
export function injectedRoutes({ injectedRoutes: routes }: Policy, evidence: Evidence): readonly InjectedRoute[] {
  return routes.length > 0 ? routes : evidence.notSupported("the policy has no injected route");
}

/** The hosts on which a route injects its key. */
export function hostsOf(route: InjectedRoute, policy: Policy): readonly PolicyHost[] {
  return policy.hosts.filter((host) => injectedRoutesOf(policy, host).includes(route));
}

/** Each injected route on each of its hosts; ends the check where the policy has none. */
export function injectedRequests(policy: Policy, evidence: Evidence): { route: InjectedRoute; host: PolicyHost }[] {
  return injectedRoutes(policy, evidence).flatMap((route) => hostsOf(route, policy).map((host) => ({ route, host })));
}

/** Where the deployment defines the router that took a request, for a failure's `location`. */
export async function routerLocation(edge: Edge, exchange: Exchange): Promise<{ location?: SourceLocation }> {
  const { router } = await edge.routing(exchange);
  const location = locationOf(edge.deployment, router);
  return location === undefined ? {} : { location };
}
