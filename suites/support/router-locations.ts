import type { Deployment, SourceLocation } from "../../helpers/deployment/types.ts";

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
  const router = liveName === undefined ? undefined : traefikModel.routerOf(liveName);
  return router?.options.get(option)?.location ?? router?.location;
}
