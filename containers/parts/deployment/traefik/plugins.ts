import type { TraefikModel } from "../../../../helpers/deployment/traefik/model.ts";
import { isFetchedPlugin } from "../../../../helpers/deployment/traefik/plugins.ts";

/** Names of the middlewares of a provider that are plugins which a run can't fetch, in lower case. */
export function fetchedPlugins(model: TraefikModel, provider: "file" | "labels"): ReadonlySet<string> {
  return new Set(
    model.middlewares.flatMap((middleware) =>
      (middleware.provider === "file") === (provider === "file") && isFetchedPlugin(model.static, middleware)
        ? [middleware.name.toLowerCase()]
        : [],
    ),
  );
}
