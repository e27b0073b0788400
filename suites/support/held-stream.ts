import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { ruleRequestOf } from "../../helpers/checks/routing-causes.ts";
import { middlewaresOf } from "../../helpers/deployment/traefik/causes.ts";
import type { TraefikMiddleware, TraefikRouter } from "../../helpers/deployment/traefik/dynamic/dynamic.ts";
import { whyHeadTooLate } from "../../helpers/deployment/traefik/header-timeout.ts";
import { matchesRule } from "../../helpers/deployment/traefik/missed-router.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { type Exchange, type HeaderLines, header } from "../../helpers/protocol/exchange.ts";

/** The fields of a failure that say why. */
export type HeldStreamCause = Pick<FailureDetails, "cause" | "location" | "fix">;

/** Why a buffering middleware of Traefik's holds every stream of its routers back. */
export function causeOfBuffering(middleware: Pick<TraefikMiddleware, "location"> | undefined): HeldStreamCause {
  return {
    cause: "Traefik's buffering reads requests and answers as a whole, whichever limit is set",
    ...(middleware === undefined ? {} : { location: middleware.location }),
    fix: "use another middleware to limit requests, or a router of its own for what does not stream",
  };
}

/**
 * What most likely holds the stream of an answer back. Compression can do it with and without a `Content-Encoding` in the end.
 *
 * @param headers of the request
 */
export function causeOfHeldStream(
  exchange: Exchange,
  headers: HeaderLines,
  deployment: Pick<Deployment, "traefikModel" | "policy" | "litellm">,
): HeldStreamCause {
  const { traefikModel, litellm } = deployment;
  const buffered = causeOfBufferedAnswer(exchange, deployment);
  if (buffered !== undefined) return buffered;
  const late = exchange.response?.status === 504 ? causeOfLateHead(exchange, deployment) : undefined;
  if (late !== undefined) return late;
  const compress = traefikModel?.dynamicOptions.find(
    ({ path }) => path[1]?.toLowerCase() === "middlewares" && path[3]?.toLowerCase() === "compress",
  );
  if (compress !== undefined && header(headers, "accept-encoding") !== undefined)
    return {
      cause: `the compress middleware ${compress.path[2]} collects events before it sends them, as Traefik before 3.3.5 does, or what is behind it does`,
      location: compress.location,
      fix: "add text/event-stream to excludedContentTypes of the middleware, or use a newer Traefik",
    };
  const encoding = header(exchange.response?.headers, "content-encoding");
  if (encoding !== undefined)
    return {
      cause: `what compresses the answer (${encoding}) collects events before it sends them; Traefik has no compress middleware, so it is LiteLLM or a module of it`,
      location: litellm.location,
      fix: "leave text/event-stream out of the compression",
    };
  return {
    cause: "a buffering, compress or retry middleware on the router for keys holds the stream back",
    location: litellm.location,
  };
}

/**
 * Why an answer that has no end does not begin: a buffering middleware of Traefik's waits for the whole of it. Undefined where the
 * deployment's files have none for the request's router.
 */
export function causeOfBufferedAnswer(
  exchange: Exchange,
  deployment: Pick<Deployment, "traefikModel" | "policy">,
): HeldStreamCause | undefined {
  const buffering = bufferingOnTheWay(exchange, deployment);
  return buffering && causeOfBuffering(buffering);
}

function causeOfLateHead(
  exchange: Exchange,
  deployment: Pick<Deployment, "traefikModel" | "policy">,
): HeldStreamCause | undefined {
  const router = routerOnTheWay(exchange, deployment);
  return router && deployment.traefikModel && whyHeadTooLate(deployment.traefikModel, router);
}

/** The buffering middleware of the router that takes a request. */
function bufferingOnTheWay(
  exchange: Exchange,
  deployment: Pick<Deployment, "traefikModel" | "policy">,
): TraefikMiddleware | undefined {
  const router = routerOnTheWay(exchange, deployment);
  const own = router && deployment.traefikModel && middlewaresOf(deployment.traefikModel, router);
  return own?.find(({ kind }) => kind === "buffering");
}

/** The router that takes a request to one of the policy's hosts, by the deployment's files. */
function routerOnTheWay(
  exchange: Exchange,
  { traefikModel: model, policy }: Pick<Deployment, "traefikModel" | "policy">,
): TraefikRouter | undefined {
  const request = ruleRequestOf(exchange);
  const host = policy.hosts.find(({ name }) => name === request?.host);
  if (model === undefined || request === undefined || host === undefined) return undefined;
  return model.routers
    .filter((one) => {
      const isAsked = host.entryPoint === undefined || model.entryPointsOf(one).includes(host.entryPoint);
      return isAsked && one.rule !== undefined && matchesRule(one.rule, request);
    })
    .toSorted((one, other) => other.priority - one.priority)[0];
}
