import type { Edge } from "../../../containers/targets/edge.ts";
import type { InjectedRoute, Policy, PolicyHost, SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { locationOf } from "../../support/router-locations.ts";

/** Values of `Authorization` as the target received them; none when the request did not reach it. */
export function arrivedCredentials(edge: Edge, exchange: Exchange): string[] {
  const headers = edge.received(exchange)?.headers ?? [];
  return headers.filter(([name]) => name.toLowerCase() === "authorization").map(([, value]) => value);
}

/** The hosts on which a route injects its key. */
export function hostsOf(route: InjectedRoute, hosts: readonly PolicyHost[]): readonly PolicyHost[] {
  return hosts.filter(({ name }) => route.hosts.includes(name));
}

/** Each injected route on each of its hosts. */
export function injectedRequests({ injectedRoutes, hosts }: Policy): { route: InjectedRoute; host: PolicyHost }[] {
  return injectedRoutes.flatMap((route) => hostsOf(route, hosts).map((host) => ({ route, host })));
}

/** Where the deployment defines the router that took a request, for a failure's `location`. */
export async function routerLocation(edge: Edge, exchange: Exchange): Promise<{ location?: SourceLocation }> {
  const { router } = await edge.routing(exchange);
  const location = locationOf(edge.deployment, router);
  return location === undefined ? {} : { location };
}
