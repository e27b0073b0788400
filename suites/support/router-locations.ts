import type { Edge } from "../../containers/targets/edge.ts";
import {
  causeOfErrors,
  causeOfMissingSource,
  middlewaresOf,
  type RouterCause,
} from "../../helpers/deployment/traefik/causes.ts";
import type { TraefikRouter } from "../../helpers/deployment/traefik/dynamic/dynamic.ts";
import { switchedOffFor } from "../../helpers/deployment/traefik/missed-router.ts";
import type { TraefikModel } from "../../helpers/deployment/traefik/model.ts";
import type { TraefikProblem } from "../../helpers/deployment/traefik/problems.ts";
import type { Deployment, DeploymentWithTraefik, SourceLocation } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";

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

/**
 * Where to look when a middleware changes requests that it is not meant for: the list of the router that took the request,
 * where other routers have the middleware too and it is right for them; else its option, as of {@link locationOnTheWay}.
 */
export async function locationOfMisplaced(
  edge: Edge,
  exchange: Exchange,
  option: RegExp,
): Promise<{ location: SourceLocation }> {
  const { traefikModel: model } = edge.deployment;
  const { router: name } = await edge.routing(exchange);
  const router = name === undefined ? undefined : model.routerOf(name);
  const middleware =
    router && middlewaresOf(model, router).find(({ options }) => [...options.keys()].some((key) => option.test(key)));
  const list = router && middleware && listOfMisplaced(model, router, middleware.name);
  return list === undefined ? await locationOnTheWay(edge, exchange, option) : { location: list };
}

/**
 * The list of a router's middlewares, where one of them is another router's too.
 *
 * @param isRight whether the middleware is right for the other router; default: for every one
 */
export function listOfMisplaced(
  model: TraefikModel,
  router: TraefikRouter,
  middleware: string,
  isRight: (other: TraefikRouter) => boolean = () => true,
): SourceLocation | undefined {
  const isShared = model.routers.some(
    (one) => one !== router && isRight(one) && middlewaresOf(model, one).some(({ name }) => name === middleware),
  );
  return isShared ? router.options.get("middlewares")?.location : undefined;
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
  const off = switchedOffFor(traefikModel);
  if (off !== undefined) return off;
  return { cause: "traefik.enable is not true, or no file defines a router", location: litellm.location };
}

/** The fields of a failure that say why a router is missing. */
export function fieldsOf({ cause, location, fix }: RouterCause): Cause {
  return { cause, location, ...(fix === undefined ? {} : { fix }) };
}

/** The same of something that is known to be wrong with the dynamic configuration. */
export function causeOfProblem({ what, effect, location, fix }: TraefikProblem): Cause {
  return { cause: `${what}: ${effect}`, location, fix };
}
