import { middlewaresOf } from "../deployment/traefik/causes.ts";
import type { TraefikRouter } from "../deployment/traefik/dynamic/dynamic.ts";
import { missedRouter, serviceOf } from "../deployment/traefik/missed-router.ts";
import type { TraefikModel } from "../deployment/traefik/model.ts";
import type { RuleRequest } from "../deployment/traefik/rules/witness.ts";
import { splitList } from "../deployment/traefik/schema.ts";
import type { DeploymentWithTraefik, SourceLocation } from "../deployment/types.ts";
import type { Exchange } from "../protocol/exchange.ts";
import type { FailureDetails } from "./check-failure.ts";

/** For a failure that is there because Traefik could not load a router: it follows from the check of what Traefik loads. */
export const followsLoading = { follows: "ROUTE-26/loaded-without-errors" } as const;

/** The fields of a failure that say why. */
type Cause = Pick<FailureDetails, "cause" | "location" | "fix" | "follows"> & { cause: string };

/**
 * Why Traefik did not forward a request that should have reached its service: the server that does not answer, the router that
 * was meant for the request and does not match it, or the router that took it.
 *
 * @param routing by Traefik's access log; the router is undefined where none matched
 */
export function whyNotReached(
  deployment: Pick<DeploymentWithTraefik, "traefikModel" | "policy">,
  exchange: Exchange,
  { router, status }: { router: string | undefined; status: number },
): Cause {
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
  const named = policy.hosts.filter(({ name }) => name === request?.host);
  const { entryPoint } = named.find(({ scheme }) => exchange.request.url.startsWith(`${scheme}:`)) ?? named[0] ?? {};
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
  const refusing = taken && refusingMiddleware(model, taken, status);
  if (refusing !== undefined)
    return {
      cause: `the middleware ${refusing.name} of the router ${router} refuses the request (Traefik answers ${status})`,
      location: refusing.location,
    };
  const location = (taken && (taken.options.get("rule") ?? taken).location) ?? lineNaming(model, router);
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
function sessionLeftOut(model: TraefikModel, router: TraefikRouter): Cause | undefined {
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

/** The middleware of a router that answers with such a status in the place of the router's service. */
function refusingMiddleware(model: TraefikModel, router: TraefikRouter, status: number) {
  return middlewaresOf(model, router).find(({ kind, options }) => {
    switch (kind) {
      case "basicauth":
      case "digestauth":
        return status === 401;
      case "ipallowlist":
      case "ipwhitelist":
        return status === Number(options.get(`${kind}.rejectstatuscode`)?.value ?? 403);
      case "ratelimit":
      case "inflightreq":
        return status === 429;
      case "buffering":
        return status === 413;
      case "forwardauth":
        return refusesCallers.has(status) || status >= 500;
      default:
        return false;
    }
  });
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

/** Where a router is written whose file could not be read as a whole. */
function lineNaming(model: TraefikModel, router: string | undefined): SourceLocation | undefined {
  return router === undefined ? undefined : model.lineNaming("routers", router);
}
