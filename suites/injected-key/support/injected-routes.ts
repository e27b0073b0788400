import type { Edge } from "../../../containers/targets/edge.ts";
import { followsLoading, ruleRequestOf, whyNotReached, whyRedirected } from "../../../helpers/checks/routing-causes.ts";
import { injectedRoutesOf } from "../../../helpers/deployment/policy/access.ts";
import { knownCauseOf, middlewaresOf } from "../../../helpers/deployment/traefik/causes.ts";
import type { TraefikRouter } from "../../../helpers/deployment/traefik/dynamic/dynamic.ts";
import { misplacedCredential } from "../../../helpers/deployment/traefik/header-options.ts";
import { matchesRule, nearestOf, whyMissed } from "../../../helpers/deployment/traefik/missed-router.ts";
import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import type { TraefikOption } from "../../../helpers/deployment/traefik/options.ts";
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

/**
 * Why a request of an injected route does not arrive with its key: the router that injects is not the one that took it, or its
 * middleware adds the key elsewhere.
 */
export async function whyNotInjected(
  edge: Edge,
  exchange: Exchange,
  route: InjectedRoute,
): Promise<{ cause: string; location: SourceLocation; fix?: string; follows?: string }> {
  const { traefikModel: model } = edge.deployment;
  const { router: name, status } = await edge.routing(exchange);
  const taken = name === undefined ? undefined : model.routerOf(name);
  const request = ruleRequestOf(exchange);
  const injecting = injectingRouter(edge, exchange);
  const entryPoint = request && hostOf(edge, request.host)?.entryPoint;
  const redirected = taken === undefined ? whyRedirected(model, entryPoint, status) : undefined;
  if (redirected !== undefined) return redirected;
  const injects = taken !== undefined && injectionOf(model, taken) !== undefined;
  if (request !== undefined && injecting !== undefined && injecting !== taken && !injects) {
    const { isNotLoaded, ...why } = whyMissed(
      model,
      injecting,
      taken,
      hostOf(edge, request.host) ?? { entryPoint: undefined },
      request,
    );
    return { ...why, ...(isNotLoaded ? followsLoading : {}) };
  }
  if (taken === undefined || edge.received(exchange) === undefined)
    return { location: route.location, ...whyNotReached(edge.deployment, exchange, { router: name, status }) };
  const key = edge.secret(route.secret);
  const misplaced = misplacedCredential(model, taken, (value) => value.includes(key));
  if (misplaced !== undefined) return misplaced;
  const headers = middlewaresOf(model, taken).flatMap(({ options }) => [...options]);
  const header = injectionOf(model, taken) ?? headers.find(([key]) => key.startsWith("headers."))?.[1];
  return {
    cause: `the router ${taken.name} takes the request, and no middleware of it adds an Authorization header alone`,
    location: (header ?? taken.options.get("middlewares") ?? taken).location,
    fix: "give the router one middleware with customRequestHeaders that sets Authorization",
  };
}

/**
 * The router that is meant to add a key to a request: the one whose rule is nearest to it, of those that add one. Where the rule of
 * none matches, one that matches and that Traefik cannot use may be it: its middleware may be misspelt.
 */
export function injectingRouter(edge: Edge, exchange: Exchange): TraefikRouter | undefined {
  const { traefikModel: model } = edge.deployment;
  const request = ruleRequestOf(exchange);
  if (request === undefined) return undefined;
  const injecting = model.routers.filter((router) => injectionOf(model, router) !== undefined);
  const nearest = nearestOf(model, injecting, request, hostOf(edge, request.host)?.entryPoint);
  if (nearest?.distance === 0) return nearest.router;
  const unusable = model.routers.find(
    (router) =>
      router.rule !== undefined && matchesRule(router.rule, request) && knownCauseOf(model, router) !== undefined,
  );
  return unusable ?? nearest?.router;
}

function hostOf({ policy }: Edge, name: string): PolicyHost | undefined {
  return policy.hosts.find((host) => host.name === name);
}

/** The option by which a router's middlewares add a credential. */
function injectionOf(model: TraefikModel, router: TraefikRouter): TraefikOption | undefined {
  const options = middlewaresOf(model, router).flatMap((one) => [...one.options]);
  return options.find(([key, { value }]) => /customrequestheaders\.authorization$/i.test(key) && value !== "")?.[1];
}

/** Where the deployment defines the router that took a request, for a failure's `location`. */
export async function routerLocation(edge: Edge, exchange: Exchange): Promise<{ location?: SourceLocation }> {
  const { router } = await edge.routing(exchange);
  const location = locationOf(edge.deployment, router);
  return location === undefined ? {} : { location };
}
