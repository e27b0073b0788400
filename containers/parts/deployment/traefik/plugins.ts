import type { TraefikModel } from "../../../../helpers/deployment/traefik/model.ts";
import { isFetchedPlugin } from "../../../../helpers/deployment/traefik/plugins.ts";

/** Lets every request pass: nothing asks for a path like this. */
export const passThrough = { stripPrefix: { prefixes: ["/gateway-conformance/no-plugin"] } } as const;

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
