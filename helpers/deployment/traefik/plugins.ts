import type { NoteList } from "../source/note-list.ts";
import type { TraefikMiddleware } from "./dynamic/dynamic.ts";
import { qualified } from "./dynamic/known-names.ts";
import type { TraefikModel } from "./model.ts";
import type { StaticConfiguration } from "./static/static.ts";

/** Whether a middleware is a plugin that Traefik fetches when it starts; a local one is mounted. */
export function isFetchedPlugin(configuration: StaticConfiguration, { kind, options }: TraefikMiddleware): boolean {
  const name = nameOf(options);
  return kind === "plugin" && name !== undefined && !configuration.has(`experimental.localPlugins.${name}`);
}

/** Notes the plugins that a run can't fetch, with the routers that they touch. */
export function notePlugins(model: TraefikModel, notes: NoteList): void {
  for (const middleware of model.middlewares) {
    if (!isFetchedPlugin(model.static, middleware)) continue;
    const name = `${middleware.name}@${middleware.provider}`;
    const routers = model.routers.filter((router) =>
      router.middlewares.some((one) => qualified(one, router.provider) === name),
    );
    const touched = routers.length === 0 ? "" : ` for ${routers.map((router) => router.name).join(", ")}`;
    notes.add(
      "not-proved",
      middleware.location,
      `the middleware '${middleware.name}' is the plugin '${nameOf(middleware.options)}'`,
      `the run can't fetch plugins, and lets every request pass there: what it does${touched} is not proved`,
    );
  }
}

function nameOf(options: TraefikMiddleware["options"]): string | undefined {
  const [first] = options.keys();
  return first?.split(".")[1];
}
