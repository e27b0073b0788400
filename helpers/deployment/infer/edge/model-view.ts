import { publishedTo } from "../../compose/host-address.ts";
import { addressOf } from "../../services/host-network.ts";
import { leadsToLiteLLM, withProvider } from "../../services/router-destination.ts";
import type { TraefikMiddleware, TraefikRouter } from "../../traefik/dynamic/dynamic.ts";
import type { TraefikModel } from "../../traefik/model.ts";
import { parseRule } from "../../traefik/rules/rule.ts";
import { splitList } from "../../traefik/schema.ts";
import type { EntryPoint } from "../../traefik/static/static.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { EdgeEntryPoint, EdgeMiddleware, EdgeRouter, EdgeView } from "./edge-view.ts";

/** What Traefik would do by its files alone, where it can't be asked. */
export function modelView(model: TraefikModel, view: DeploymentView): EdgeView {
  const entryPoints = httpEntryPoints(model);
  const names = entryPoints.map(({ name }) => name);
  const { entryPoints: all } = model.static;
  const routers = model.routers.flatMap((router): EdgeRouter[] => {
    const { rule, provider } = router;
    if (rule === undefined) return [];
    // Each entry point has middlewares of its own, which come first.
    return model.entryPointsOf(router).flatMap((name) => {
      const entryPoint = names.includes(name) ? all.get(name) : undefined;
      if (entryPoint === undefined) return [];
      const middlewares = [...entryPoint.middlewares, ...router.middlewares];
      return {
        name: `${router.name}@${provider}`,
        rule,
        priority: router.priority,
        entryPoints: [name],
        tls: router.tls || entryPoint.tls,
        service: withProvider(router.service ?? router.name, provider),
        isLiteLLM: leadsToLiteLLM(router, model, view),
        middlewares: middlewares.flatMap((one) => resolved(one, provider, model)),
      };
    });
  });
  return {
    routers: [...routers, ...entryPoints.flatMap(({ name }) => redirection(all.get(name), model))],
    entryPoints,
  };
}

/** Whether a router of Traefik's API leads to LiteLLM; undefined for one that no file has. */
export function leadsToLiteLLMByName(
  model: TraefikModel,
  view: DeploymentView,
): (liveName: string) => boolean | undefined {
  return (liveName) => {
    const router = model.routerOf(liveName);
    return router && leadsToLiteLLM(router, model, view);
  };
}

/** The entry points for HTTP, without the one of Traefik's API. */
export function httpEntryPoints(model: TraefikModel): EdgeEntryPoint[] {
  return [...model.static.entryPoints.values()].flatMap(({ name, host, port, protocol }) =>
    protocol === "tcp" && name.toLowerCase() !== "traefik" ? [{ name, port, address: addressOf(host) }] : [],
  );
}

/**
 * The port of Traefik's own entry point where it answers pings or metrics and has no API: it is open to whoever shares a network
 * with Traefik. Undefined where Traefik has none, and where it serves more, which nobody but its operator is to reach.
 */
export function harmlessOwnPort({ static: configuration, routers }: TraefikModel): number | undefined {
  const own = [...configuration.entryPoints.values()].find(({ name }) => name.toLowerCase() === "traefik");
  if (own === undefined || own.protocol !== "tcp" || configuration.insecureApi !== undefined) return undefined;
  const isRestOpen = configuration.get("providers.rest.insecure")?.value.toLowerCase() === "true";
  if (isRestOpen || routers.some(({ entryPoints }) => entryPoints.some((name) => name.toLowerCase() === "traefik")))
    return undefined;
  return publishedTo(addressOf(own.host)) === "nobody" ? undefined : own.port;
}

function resolved(name: string, provider: TraefikRouter["provider"], model: TraefikModel, depth = 0): EdgeMiddleware[] {
  const found = model.middlewareOf(name, provider);
  if (found === undefined || depth > 10) return [];
  const chain = found.kind === "chain" ? splitList(found.options.get("chain.middlewares")?.value ?? "") : [];
  if (chain.length === 0) return [edgeMiddleware(found)];
  return chain.flatMap((one) => resolved(one, found.provider, model, depth + 1));
}

function edgeMiddleware({ name, provider, kind, options }: TraefikMiddleware): EdgeMiddleware {
  const lists = new Map<string, string[]>();
  for (const [key, { value }] of options) {
    // A list in a file has an option for each item: `sourcerange[0]`.
    const option = key
      .toLowerCase()
      .replace(/^[^.]+\.?/, "")
      .replace(/\[\d+\]$/, "");
    lists.set(option, [...(lists.get(option) ?? []), value]);
  }
  const own = [...lists].map(([option, values]): [string, string] => [option, values.join(",")]);
  return { name: `${name}@${provider}`, kind, options: new Map(own) };
}

/** An entry point that sends everything to another one has a router of Traefik's own, which comes before the others. */
function redirection(entryPoint: EntryPoint | undefined, { static: configuration }: TraefikModel): EdgeRouter[] {
  const { name = "", redirectTo } = entryPoint ?? {};
  if (redirectTo === undefined) return [];
  const option = (key: string): string | undefined =>
    configuration.get(`entryPoints.${name}.http.redirections.entryPoint.${key}`)?.value;
  const options = new Map([
    ["scheme", option("scheme") ?? "https"],
    ["permanent", option("permanent") ?? "true"],
  ]);
  return [
    {
      name: `${name}-to-${redirectTo}@internal`,
      rule: parseRule("HostRegexp(`^.+$`)"),
      priority: Number(option("priority") ?? Number.MAX_SAFE_INTEGER - 1),
      entryPoints: [name],
      tls: false,
      service: "noop@internal",
      isLiteLLM: false,
      middlewares: [{ name: `redirect-${name}-to-${redirectTo}@internal`, kind: "redirectscheme", options }],
    },
  ];
}
