import type { Edge } from "../../containers/targets/edge.ts";
import type { Routing } from "../../containers/targets/rig-access/access-log.ts";
import {
  causeOfErrors,
  causeOfMissingSource,
  middlewaresOf,
  type RouterCause,
} from "../../helpers/deployment/traefik/causes.ts";
import type { TraefikRouter } from "../../helpers/deployment/traefik/dynamic/dynamic.ts";
import { missedRouter, serviceOf } from "../../helpers/deployment/traefik/missed-router.ts";
import type { TraefikModel } from "../../helpers/deployment/traefik/model.ts";
import type { RuleRequest } from "../../helpers/deployment/traefik/rules/witness.ts";
import { splitList } from "../../helpers/deployment/traefik/schema.ts";
import type { Deployment, DeploymentWithTraefik, SourceLocation } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { followsLoading } from "./needed-checks.ts";

/**
 * The location of a live router's option; the rule's without one, or where the option is not set.
 *
 * @param liveName as in Traefik's API, e.g. `litellm-public@docker`
 * @param option in lower case, e.g. `priority` or `middlewares`
 */
export function locationOf(
  { traefikModel }: Pick<Deployment, "traefikModel">,
  liveName: string | undefined,
  option = "rule",
): SourceLocation | undefined {
  if (liveName === undefined || traefikModel === undefined) return undefined;
  const router = traefikModel.routerOf(liveName);
  return router?.options.get(option)?.location ?? router?.location ?? traefikModel.lineNaming("routers", liveName);
}

/** The fields of a failure that say why. */
type Cause = { cause: string; location: SourceLocation; fix?: string };

/**
 * Why Traefik did not forward a request that should have reached its service: the server that does not answer, the router that
 * was meant for the request and does not match it, or the router that took it.
 *
 * @param routing by Traefik's access log
 */
export function whyNotReached(
  deployment: Pick<DeploymentWithTraefik, "traefikModel" | "policy">,
  exchange: Exchange,
  { router, status }: Pick<Routing, "router" | "status">,
): Pick<Cause, "cause" | "fix"> & Partial<Cause> & { follows?: string } {
  const { traefikModel: model, policy } = deployment;
  const taken = router === undefined ? undefined : model.routerOf(router);
  if (taken !== undefined && unreachable.has(status)) {
    const service = serviceOf(model, taken);
    return {
      cause: `the router ${router} forwards the request, and its service does not answer (Traefik answers ${status})`,
      location: service?.location ?? taken.location,
    };
  }
  const request = ruleRequestOf(exchange);
  const entryPoint = policy.hosts.find(({ name }) => name === request?.host)?.entryPoint;
  const redirection = model.static.get(`entryPoints.${entryPoint}.http.redirections.entryPoint.to`);
  if (taken === undefined && redirection !== undefined && status >= 300 && status < 400)
    return { cause: `the entry point ${entryPoint} redirects every request`, location: redirection.location };
  const login = taken && refusesCallers.has(status) ? sessionLeftOut(model, taken) : undefined;
  if (login !== undefined) return login;
  const missed = request && missedRouter(model, request, { taken: router, entryPoint });
  if (missed !== undefined)
    return {
      cause: `${missed.cause} (the answer is ${status})`,
      location: missed.location,
      ...(missed.isNotLoaded ? followsLoading : {}),
    };
  const location = locationOf(deployment, router);
  if (router === undefined)
    return {
      cause: `no router matches this request (Traefik answered ${status})`,
      fix: "check the rules of the routers for this host",
    };
  return {
    cause: `the router ${router} took the request and answered ${status}`,
    ...(location === undefined ? {} : { location }),
  };
}

/** How a login service sends a caller away whom it does not know. */
const refusesCallers: ReadonlySet<number> = new Set([301, 302, 303, 307, 308, 401, 403]);

/** Headers that say nothing about who the caller is. */
const namesNobody = /^(?:x-forwarded-.*|x-real-ip|host|accept.*|user-agent|content-.*)$/;

/**
 * Why a login service refuses everybody: a forwardAuth middleware with a list of the headers that it passes on, none of which can
 * hold a session or a key.
 */
function sessionLeftOut(model: TraefikModel, router: TraefikRouter): (Cause & { fix: string }) | undefined {
  for (const { name, kind, options } of middlewaresOf(model, router)) {
    const written = options.get("forwardauth.authrequestheaders");
    if (kind !== "forwardauth" || written === undefined) continue;
    const passed = splitList(written.value).map((header) => header.toLowerCase());
    if (!passed.every((header) => namesNobody.test(header))) continue;
    return {
      cause: `the middleware ${name} passes neither Cookie nor Authorization to the login service (authRequestHeaders): it cannot recognize a session`,
      location: written.location,
      fix: "add Cookie to authRequestHeaders, or leave the list out: then every header is passed on",
    };
  }
  return undefined;
}

/**
 * What most likely changes, limits or answers a request on its way through Traefik, for a failure's `location`: an option of a
 * middleware of the router that took it, else that router's middlewares, else its rule.
 *
 * @param option what the name of the middleware's option matches, e.g. `/customrequestheaders\.x-real-ip$/i`
 */
export async function locationOnTheWay(
  edge: Edge,
  exchange: Exchange,
  option: RegExp,
): Promise<{ location: SourceLocation }> {
  const { traefikModel: model, litellm } = edge.deployment;
  const { router: name } = await edge.routing(exchange);
  const router = name === undefined ? undefined : model.routerOf(name);
  const options = router === undefined ? [] : middlewaresOf(model, router).flatMap((one) => [...one.options]);
  const found = options.find(([key]) => option.test(key))?.[1] ?? router?.options.get("middlewares") ?? router;
  return { location: found?.location ?? litellm.location };
}

/** The statuses by which Traefik says that a server does not answer. */
const unreachable: ReadonlySet<number> = new Set([502, 503, 504]);

/** A request as rules see it; undefined for one whose target is not a path. */
function ruleRequestOf({ request: { url, method, headers } }: Exchange): RuleRequest | undefined {
  if (url.includes(" ") || !URL.canParse(url)) return undefined;
  const { hostname, pathname, searchParams } = new URL(url);
  // A header that was sent as bytes keeps the spaces around its value.
  const trimmed = headers.map(([name, value]) => [name, value.trim()] as const);
  return { host: hostname, method, path: pathname, headers: trimmed, query: [...searchParams], client: undefined };
}

/**
 * Why a live router is not enabled without error, by the deployment's files; nothing where they do not tell.
 *
 * @param live name and errors as in Traefik's API
 */
export function causeOfRouter(
  { traefikModel }: Pick<DeploymentWithTraefik, "traefikModel">,
  live: { name: string; errors: readonly string[] },
): Partial<Cause> {
  const found = causeOfErrors(traefikModel, live);
  return found === undefined ? {} : fieldsOf(found);
}

/** Why Traefik has no router of the deployment at all. */
export function causeOfNoRouter({
  traefikModel,
  litellm,
}: Pick<DeploymentWithTraefik, "traefikModel" | "litellm">): Cause {
  const found = causeOfMissingSource(traefikModel);
  if (found !== undefined) return fieldsOf(found);
  return { cause: "traefik.enable is not true, or no file defines a router", location: litellm.location };
}

/** The fields of a failure that say why a router is missing. */
export function fieldsOf({ cause, location, fix }: RouterCause): Cause {
  return { cause, location, ...(fix === undefined ? {} : { fix }) };
}
