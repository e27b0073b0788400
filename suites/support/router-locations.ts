import { causeOfErrors, causeOfMissingSource, type RouterCause } from "../../helpers/deployment/traefik/causes.ts";
import type { Deployment, DeploymentWithTraefik, SourceLocation } from "../../helpers/deployment/types.ts";

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
