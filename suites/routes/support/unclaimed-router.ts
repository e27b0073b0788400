import type { Routing } from "../../../containers/targets/rig-access/access-log.ts";
import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { followsLoading, ruleRequestOf, whyNotReached } from "../../../helpers/checks/routing-causes.ts";
import { middlewaresOf } from "../../../helpers/deployment/traefik/causes.ts";
import type { TraefikRouter } from "../../../helpers/deployment/traefik/dynamic/dynamic.ts";
import { matchesRule, whyMissed } from "../../../helpers/deployment/traefik/missed-router.ts";
import type { DeploymentWithTraefik, PolicyHost, SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { causeOfProblem } from "../../support/router-locations.ts";

/** A request that the policy describes, with the way that it took. */
export interface SentRequest {
  host: Pick<PolicyHost, "entryPoint" | "scheme">;
  exchange: Exchange;
  routing: Pick<Routing, "router" | "server" | "status">;
}

/**
 * Why a router took none of the requests: its rule cannot match any, it is Traefik's own and has no host of its own, one of the
 * requests is meant for it and does not match its rule, or another router takes what its rule matches. Empty where no request is near.
 *
 * @param name as in Traefik's API
 */
export function whyNotHit(
  deployment: DeploymentWithTraefik,
  name: string,
  sent: readonly SentRequest[],
): Pick<FailureDetails, "cause" | "location" | "fix" | "follows"> {
  const model = deployment.traefikModel;
  const router = model.routerOf(name);
  if (router === undefined) return {};
  const lines = [router, ...router.options.values()].map(({ location }) => lineOf(location));
  const problem = model.problems.find(
    ({ scope, location }) => scope.kind === "nothing" && lines.includes(lineOf(location)),
  );
  if (problem !== undefined) return causeOfProblem(problem);
  const own = whyOnEveryHost(deployment, router);
  if (own !== undefined) return own;
  const isAsked = ({ host: { entryPoint } }: SentRequest): boolean =>
    entryPoint === undefined || model.entryPointsOf(router).includes(entryPoint);
  // What comes by another entry point is not what the router misses.
  for (const { host, exchange, routing } of [...sent.filter(isAsked), ...sent.filter((one) => !isAsked(one))]) {
    const request = ruleRequestOf(exchange);
    const taken = routing.router === undefined ? undefined : model.routerOf(routing.router);
    if (request === undefined || router.rule === undefined || taken === undefined || taken === router) continue;
    if (!matchesRule(router.rule, request)) continue;
    const { isNotLoaded, ...why } = whyMissed(model, router, taken, host, request);
    return { ...why, ...(isNotLoaded ? followsLoading : {}) };
  }
  for (const { exchange, routing } of sent) {
    if (routing.server !== undefined) continue;
    const why = whyNotReached(deployment, exchange, routing);
    const isOwn = why.location !== undefined && lines.includes(lineOf(why.location));
    if (isOwn || why.cause.includes(`router ${router.name} `)) return why;
  }
  return {};
}

/** A router to Traefik itself is meant for no request to LiteLLM: no priority is wrong, but the hosts on which it answers. */
function whyOnEveryHost(deployment: DeploymentWithTraefik, router: TraefikRouter) {
  const { traefikModel: model } = deployment;
  const service = ownServiceOf(deployment, router);
  const redirects = middlewaresOf(model, router).some(({ kind }) => kind.startsWith("redirect"));
  if (service === undefined || redirects || /\bHost\(/.test(router.ruleText)) return undefined;
  return {
    cause: `the router ${router.name} leads to Traefik's own ${service} and its rule names no host: it answers on the policy's hosts too, and the policy does not name what it serves`,
    location: router.location,
    fix: "add a host of its own to the rule, e.g. Host(`traefik.example.org`) && …, or add what it serves to the policy",
  };
}

/** What of Traefik itself a router leads to: `api@internal`, or the service of Traefik's container; undefined for another router. */
function ownServiceOf(
  { traefikModel: model, traefik }: DeploymentWithTraefik,
  router: TraefikRouter,
): string | undefined {
  const { service } = router;
  if (service?.endsWith("@internal"))
    return service.startsWith("noop@") || service.startsWith("acme-http@") ? undefined : service;
  const { configuration } =
    model.containers.find((one) => one.service.key === traefik.key && one.configuration.routers.includes(router)) ?? {};
  if (configuration === undefined) return undefined;
  const isOwn =
    service === undefined || configuration.services.some(({ name }) => name === service.replace(/@.*$/, ""));
  return isOwn ? `service ${service ?? traefik.name}` : undefined;
}

function lineOf({ file, line }: SourceLocation): string {
  return `${file}:${line}`;
}
