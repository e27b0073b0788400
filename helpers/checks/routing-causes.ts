import { type Decision, decide } from "../deployment/policy/access.ts";
import { middlewaresOf } from "../deployment/traefik/causes.ts";
import type { TraefikRouter } from "../deployment/traefik/dynamic/dynamic.ts";
import { whyHeadTooLate } from "../deployment/traefik/header-timeout.ts";
import { missedRefusal } from "../deployment/traefik/missed-refusal.ts";
import {
  isChosenFor,
  isForTheRest,
  type MissedRouter,
  missedRouter,
  serviceOf,
  unfinishedHost,
  unusableRouter,
  whyMissed,
} from "../deployment/traefik/missed-router.ts";
import type { TraefikModel } from "../deployment/traefik/model.ts";
import type { RuleRequest } from "../deployment/traefik/rules/witness.ts";
import { splitList } from "../deployment/traefik/schema.ts";
import { wrongScheme } from "../deployment/traefik/server-scheme.ts";
import { whyLoginUnknown } from "../deployment/traefik/unknown-login.ts";
import { whyUnreachable } from "../deployment/traefik/unreachable.ts";
import type { DeploymentWithTraefik, Policy, PolicyHost, SourceLocation } from "../deployment/types.ts";
import { type Exchange, header } from "../protocol/exchange.ts";
import type { FailureDetails } from "./check-failure.ts";
import { narrowerRule } from "./narrower-rule.ts";

/** For a failure that is there because Traefik could not load a router: it follows from the check of what Traefik loads. */
export const followsLoading = { follows: "ROUTE-26/loaded-without-errors" } as const;

/** The fields of a failure that say why. */
type Cause = Pick<FailureDetails, "cause" | "location" | "fix" | "follows"> & { cause: string };

/** What of a deployment says where requests go; without the compose files, networks are not looked at. */
export type RoutedDeployment = Pick<DeploymentWithTraefik, "traefikModel" | "policy"> &
  Partial<Pick<DeploymentWithTraefik, "compose" | "traefik" | "litellm">>;

/**
 * Why Traefik did not forward a request that should have reached its service: the server that does not answer, the router that
 * was meant for the request and does not match it, or the router that took it.
 *
 * @param routing by Traefik's access log; the router is undefined where none matched
 */
export function whyNotReached(
  deployment: RoutedDeployment,
  exchange: Exchange,
  { router, status }: { router: string | undefined; status: number },
): Cause {
  const { traefikModel: model, policy } = deployment;
  const taken = router === undefined ? undefined : model.routerOf(router);
  const unknownLogin = whyFailingLogin(deployment, taken, status);
  if (unknownLogin !== undefined) return unknownLogin;
  const { compose, traefik, litellm } = deployment;
  if (taken !== undefined && compose && traefik && litellm && (status === 500 || status === 502)) {
    const wrong = wrongScheme({ compose, traefik, litellm, traefikModel: model }, taken, serviceOf(model, taken));
    if (wrong !== undefined) return { ...wrong, cause: `${wrong.cause} (Traefik answers ${status})` };
  }
  if (taken !== undefined && unreachable.has(status)) {
    const service = serviceOf(model, taken);
    const known = compose && traefik && whyUnreachable({ compose, traefik, traefikModel: model }, taken, service);
    if (known !== undefined) return { cause: known.cause, location: known.location, fix: known.fix };
    const late = status === 504 ? whyHeadTooLate(model, taken) : undefined;
    if (late !== undefined) return late;
    const healthcheck = status === 503 ? service?.options.get("loadbalancer.healthcheck.path") : undefined;
    if (service !== undefined && healthcheck !== undefined)
      return {
        cause: `the health check of the service ${service.name} finds no server that answers ${healthcheck.value} (Traefik answers 503)`,
        location: healthcheck.location,
        fix: "name a path that answers without a key, e.g. /health/liveliness",
      };
    // One service may have many routers: they have one cause.
    const subject = service === undefined ? `the service of the router ${router}` : `the service ${service.name}`;
    return {
      cause: `${subject} does not answer at the address and port that Traefik has for it (Traefik answers ${status})`,
      location: (service ?? taken).location,
    };
  }
  const request = ruleRequestOf(exchange);
  const host = request && hostOf(policy, request.host, exchange);
  const entryPoint = host?.entryPoint;
  const redirected = taken === undefined ? whyRedirected(model, entryPoint, status) : undefined;
  if (redirected !== undefined) return redirected;
  const login = taken && refusesCallers.has(status) ? sessionLeftOut(model, taken) : undefined;
  if (login !== undefined) return login;
  const decision = request && host && decide(policy, host, request);
  const missed =
    request &&
    missedRouter(model, request, {
      taken: router,
      entryPoint,
      scheme: host?.scheme,
      needsCredential: decision?.who === "bearer",
    });
  if (missed !== undefined) {
    const { isNotLoaded, ...why } = missed;
    return { ...why, ...(isNotLoaded ? followsLoading : {}) };
  }
  const withoutRule = taken?.rule && isForTheRest(taken.rule) ? routerWithoutRule(model, taken) : undefined;
  if (withoutRule !== undefined)
    return {
      cause: `the router ${withoutRule.name} has no rule, so that Traefik's default rule decides, and the router ${router} took the request`,
      location: withoutRule.location,
      fix: `give ${withoutRule.name} a rule`,
    };
  const refused = whyRefusedByMiddleware(deployment, { router, status });
  if (refused !== undefined) return refused;
  if (router === undefined)
    return {
      cause: `no router matches this request (Traefik answered ${status})`,
      // Where nothing in the files is meant for it, the policy's line says what is missing.
      ...(host === undefined ? {} : { location: host.location }),
      fix: "check the rules of the routers for this host",
    };
  const leadsInside = taken?.rule !== undefined && request !== undefined && isChosenFor(taken.rule, request);
  const service = taken?.options.get("service");
  if (leadsInside && service?.value.endsWith("@internal"))
    return {
      cause: `the router ${router} leads to ${service.value}: Traefik itself answers, with ${status}`,
      location: service.location,
      fix: "name the service that the requests are for",
    };
  const location = (taken && (taken.options.get("rule") ?? taken).location) ?? model.lineNaming("routers", router);
  return {
    cause: `the router ${router} took the request and answered ${status}`,
    ...(location === undefined ? {} : { location }),
  };
}

/** Why a request that no router took is redirected: its entry point does that; undefined where it does not. */
export function whyRedirected(
  model: TraefikModel,
  entryPoint: string | undefined,
  status: number,
): (Cause & { location: SourceLocation }) | undefined {
  const redirection = model.static.get(`entryPoints.${entryPoint}.http.redirections.entryPoint.to`);
  if (redirection === undefined || status < 300 || status >= 400) return undefined;
  return { cause: `the entry point ${entryPoint} redirects every request`, location: redirection.location };
}

/**
 * The middleware of the router that took a request, where one answers with such a status in the place of the router's service, e.g.
 * 429; undefined without one.
 *
 * @param routing by Traefik's access log
 */
export function whyRefusedByMiddleware(
  { traefikModel: model }: Pick<RoutedDeployment, "traefikModel">,
  { router, status }: { router: string | undefined; status: number },
): Cause | undefined {
  const taken = router === undefined ? undefined : model.routerOf(router);
  const refusing = taken && refusingMiddleware(model, taken, status);
  if (taken === undefined || refusing === undefined) return undefined;
  // A middleware of several routers is right for the others: the list of this one is wrong.
  const isShared = model.routers.some((one) => one !== taken && middlewaresOf(model, one).includes(refusing));
  const list = isShared ? taken.options.get("middlewares") : undefined;
  const does = refusing.kind.startsWith("redirect") ? "redirects" : "refuses";
  return {
    cause: `the middleware ${refusing.name} of the router ${router} ${does} the request (Traefik answers ${status})`,
    location: (list ?? refusing).location,
  };
}

/**
 * Why Traefik refuses a request in another way than it is meant to: the router that would refuse it cannot be used, or another one
 * comes before the one with the login, or its host lacks the value of a variable. Undefined where nothing of the kind is known.
 */
export function whyRefusedOtherwise(
  deployment: RoutedDeployment,
  exchange: Exchange,
  router: string | undefined,
): Cause | undefined {
  const { traefikModel: model, policy } = deployment;
  const taken = router === undefined ? undefined : model.routerOf(router);
  const unknownLogin = whyFailingLogin(deployment, taken, exchange.response?.status);
  if (unknownLogin !== undefined) return unknownLogin;
  const request = ruleRequestOf(exchange);
  const host = request && hostOf(policy, request.host, exchange);
  if (request === undefined || host === undefined) return undefined;
  const { entryPoint, scheme } = host;
  const found =
    router === undefined
      ? (unusableRouter(model, request) ??
        unfinishedRouter(model, request, host) ??
        missedRefusal(model, request, host, policy.hosts))
      : decide(policy, host, request).who === "login"
        ? missedRouter(model, request, { taken: router, entryPoint, scheme })
        : undefined;
  if (found === undefined) return undefined;
  const { isNotLoaded, ...why } = found;
  return { ...why, ...(isNotLoaded ? followsLoading : {}) };
}

/** The router for the rest of a host whose name a variable without a value cuts short. */
function unfinishedRouter(model: TraefikModel, request: RuleRequest, host: PolicyHost): MissedRouter | undefined {
  const { entryPoint } = host;
  const router = model.routers.find((one) => {
    const isOn = entryPoint === undefined || model.entryPointsOf(one).includes(entryPoint);
    return isOn && one.rule !== undefined && isForTheRest(one.rule) && unfinishedHost(one.rule, request) !== undefined;
  });
  return router && whyMissed(model, router, undefined, host, request);
}

/**
 * Why Traefik forwarded a request that it should have refused: the middleware of its router that should refuse it and does not, or
 * the router's rule.
 *
 * @param router that took it, as in Traefik's API; undefined where it is not known
 * @param meant what the policy says; default: of the request as it was sent
 */
export function whyNotRefused(
  { traefikModel: model, policy }: RoutedDeployment,
  exchange: Exchange,
  router: string | undefined,
  meant?: Decision,
): Cause {
  const taken = router === undefined ? undefined : model.routerOf(router);
  const location = taken?.location ?? (router === undefined ? undefined : model.lineNaming("routers", router));
  const byRule = {
    cause: `the rule of router ${router} matches the request`,
    ...(location === undefined ? {} : { location }),
  };
  if (taken?.rule === undefined) return byRule;
  const request = ruleRequestOf(exchange);
  const host = request && hostOf(policy, request.host, exchange);
  const decision = meant ?? (request && host && decide(policy, host, request));
  const own = middlewaresOf(model, taken);
  const allowing = own.find(({ kind }) => kind === "ipallowlist" || kind === "ipwhitelist");
  // A router with a condition on the path is chosen by its rule; what takes the rest has to refuse by its middlewares.
  const takesTheRest = host !== undefined && isForTheRest(taken.rule);
  if (takesTheRest && allowing !== undefined) {
    const ranges = allowing.options.get(`${allowing.kind}.sourcerange`) ?? allowing;
    return {
      cause: `the router ${router} takes what no other one matches, and its middleware ${allowing.name} lets the client's address through`,
      location: ranges.location,
    };
  }
  const asks = own.some(({ kind }) => kind === "forwardauth" || kind === "basicauth" || kind === "digestauth");
  const instead = (taken.options.get("middlewares") ?? taken).location;
  if (!asks && decision?.who === "login")
    return { cause: `no middleware of the router ${router} asks for a login`, location: instead };
  if (!asks && takesTheRest && decision?.who === "nobody")
    return {
      cause: `the router ${router} takes what no other one matches, and no middleware of it refuses anything`,
      location: instead,
    };
  if (meant !== undefined || request === undefined || host === undefined || decision === undefined) return byRule;
  const fix = narrowerRule(taken.rule, request, { policy, host, decision });
  return fix === undefined ? byRule : { ...byRule, fix };
}

/** The host of a router's login service that no service has: Traefik then answers 500 (its forwardAuth middleware). */
function whyFailingLogin(
  { compose, traefik, traefikModel, policy }: RoutedDeployment,
  taken: TraefikRouter | undefined,
  status: number | undefined,
): Cause | undefined {
  if (status !== 500 || taken === undefined || compose === undefined || traefik === undefined) return undefined;
  const found = whyLoginUnknown({ compose, traefik, traefikModel, policy }, taken);
  return (
    found && { cause: found.cause, location: found.location, ...(found.fix === undefined ? {} : { fix: found.fix }) }
  );
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

/**
 * Why a refusal has no challenge: no middleware of the router adds one, or it is behind the one that refuses. Undefined where the
 * files do not say.
 *
 * @param router that took the request, as in Traefik's API; undefined where none did
 */
export function whyUnchallenged(
  { traefikModel: model }: Pick<DeploymentWithTraefik, "traefikModel">,
  { router, status }: { router: string | undefined; status: number },
): Cause | undefined {
  const taken = router === undefined ? undefined : model.routerOf(router);
  if (taken === undefined) return undefined;
  const own = middlewaresOf(model, taken);
  const adding = own.find(({ options }) => [...options.keys()].some((key) => /response.*www-authenticate$/i.test(key)));
  const refusing = refusingMiddleware(model, taken, status);
  const { location } = taken.options.get("middlewares") ?? taken;
  if (adding === undefined) {
    for (const { name, options } of own) {
      const [, misplaced] = [...options].find(([key]) => /request.*www-authenticate$/i.test(key)) ?? [];
      if (misplaced === undefined) continue;
      return {
        cause: `the middleware ${name} adds WWW-Authenticate to requests, and not to answers`,
        location: misplaced.location,
        fix: "write it under customResponseHeaders",
      };
    }
  }
  if (adding === undefined)
    return { cause: `no middleware of the router ${router} adds WWW-Authenticate to what it refuses`, location };
  if (refusing === undefined || own.indexOf(refusing) > own.indexOf(adding)) return undefined;
  return {
    cause: `the middleware ${refusing.name} refuses the request before ${adding.name}, which is behind it, can add WWW-Authenticate`,
    location,
    fix: `name ${adding.name} in front of ${refusing.name}`,
  };
}

/**
 * Why a refusal has another status than the policy says: that of the allow list which refuses; undefined where none does.
 *
 * @param routing by Traefik's access log
 */
export function whyOtherStatus(
  { traefikModel: model }: Pick<DeploymentWithTraefik, "traefikModel">,
  { router, status }: { router: string | undefined; status: number },
): Cause | undefined {
  const taken = router === undefined ? undefined : model.routerOf(router);
  const refusing = taken && refusingMiddleware(model, taken, status);
  if (refusing === undefined || !/^ip(?:allow|white)list$/.test(refusing.kind)) return undefined;
  const written = refusing.options.get(`${refusing.kind}.rejectstatuscode`);
  return {
    cause:
      written === undefined
        ? `the middleware ${refusing.name} has no rejectStatusCode, so that it refuses with ${status}`
        : `the middleware ${refusing.name} refuses with ${status} (rejectStatusCode)`,
    location: (written ?? refusing).location,
  };
}

/** A router of the same entry points that nothing gives a rule, the operator's own default rule included. */
function routerWithoutRule(model: TraefikModel, { entryPoints }: TraefikRouter): TraefikRouter | undefined {
  if (model.static.get("providers.docker.defaultRule") !== undefined) return undefined;
  return model.routers.find(
    (one) => !one.options.has("rule") && one.entryPoints.some((entryPoint) => entryPoints.includes(entryPoint)),
  );
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
      case "redirectscheme":
      case "redirectregex":
        return status > 300 && status < 400;
      case "forwardauth":
        return refusesCallers.has(status) || status >= 500;
      default:
        return false;
    }
  });
}

/** The statuses by which Traefik says that a server does not answer; 499: the client did not wait any longer. */
const unreachable: ReadonlySet<number> = new Set([499, 502, 503, 504]);

/** A request as rules see it; undefined for one whose target has no path. */
export function ruleRequestOf({ request: { url, method, headers } }: Exchange): RuleRequest | undefined {
  // A request that was sent as it is written has its target behind the origin.
  const [base = "", target = ""] = url.split(" ");
  // An absolute target is routed by its own host (RFC 9112 §3.2.2).
  const isAbsolute = URL.canParse(target);
  if (!isAbsolute && !/^(?:[/?#]|$)/.test(target)) return undefined;
  const whole = isAbsolute ? target : base + target;
  if (!URL.canParse(whole)) return undefined;
  const { hostname, pathname, searchParams } = new URL(whole);
  const named = isAbsolute ? undefined : header(headers, "host");
  // Traefik merges slashes and dot segments before it looks at its rules.
  const path = pathname.replaceAll(/\/{2,}/g, "/");
  const host = (named ?? hostname).trim().toLowerCase().replace(/:\d+$/, "");
  // A header that was sent as bytes keeps the spaces around its value.
  const trimmed = headers.map(([name, value]) => [name, value.trim()] as const);
  return { host, method, path, headers: trimmed, query: [...searchParams], client: undefined };
}

/** The policy's host of a request; of two with one name, the one with its scheme. */
function hostOf({ hosts }: Policy, host: string, { request: { url } }: Exchange): PolicyHost | undefined {
  const named = hosts.filter(({ name }) => name === host);
  return named.find(({ scheme }) => url.startsWith(`${scheme}:`)) ?? named[0];
}
