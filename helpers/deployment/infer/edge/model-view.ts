import type { TraefikMiddleware, TraefikRouter } from "../../traefik/dynamic.ts";
import type { TraefikModel } from "../../traefik/model.ts";
import { parseRule } from "../../traefik/rules/rule.ts";
import { splitList } from "../../traefik/schema.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { EdgeEntryPoint, EdgeMiddleware, EdgeRouter, EdgeView } from "./edge-view.ts";

/** What Traefik would do by its files alone, where it can't be asked. */
export function modelView(model: TraefikModel, view: DeploymentView): EdgeView {
  const entryPoints = httpEntryPoints(model);
  const names = entryPoints.map(({ name }) => name);
  const routers = model.routers.map((router): EdgeRouter => {
    const own = router.entryPoints.length === 0 ? names : router.entryPoints.filter((name) => names.includes(name));
    return {
      name: `${router.name}@docker`,
      rule: router.rule,
      priority: router.priority,
      entryPoints: own,
      tls: router.tls || own.some((name) => model.static.has(`entryPoints.${name}.http.tls`)),
      service: router.service ?? router.name,
      isLiteLLM: leadsToLiteLLM(router, model, view),
      middlewares: router.middlewares.flatMap((name) => resolved(name, model)),
    };
  });
  return { routers: [...routers, ...redirections(model, names)], entryPoints };
}

/** The entry points for HTTP, without the one of Traefik's API. */
export function httpEntryPoints(model: TraefikModel): EdgeEntryPoint[] {
  return [...model.static.entryPoints.values()].flatMap(({ name, port, protocol }) =>
    protocol === "tcp" && name.toLowerCase() !== "traefik" ? [{ name, port }] : [],
  );
}

/** By labels the service is the container that has them. */
function leadsToLiteLLM(router: TraefikRouter, { containers }: TraefikModel, { litellm }: DeploymentView): boolean {
  if (router.service?.endsWith("@internal")) return false;
  const wanted = router.service?.replace(/@\w+$/, "").toLowerCase();
  const container = containers.find(({ configuration }) =>
    wanted === undefined
      ? configuration.routers.includes(router)
      : configuration.services.some(({ name }) => name.toLowerCase() === wanted),
  );
  return container?.service === litellm;
}

function resolved(name: string, model: TraefikModel, depth = 0): EdgeMiddleware[] {
  const found = model.middlewareOf(name);
  if (found === undefined || depth > 10) return [];
  const chain = found.kind === "chain" ? splitList(found.options.get("chain.middlewares")?.value ?? "") : [];
  return chain.length === 0 ? [edgeMiddleware(found)] : chain.flatMap((one) => resolved(one, model, depth + 1));
}

function edgeMiddleware({ name, kind, options }: TraefikMiddleware): EdgeMiddleware {
  const own = [...options].map(([key, { value }]): [string, string] => [
    key.toLowerCase().replace(/^[^.]+\.?/, ""),
    value,
  ]);
  return { name: `${name}@docker`, kind, options: new Map(own) };
}

/** Entry points that send everything to another one are routers of Traefik's own, with the highest priority. */
function redirections({ static: configuration }: TraefikModel, names: readonly string[]): EdgeRouter[] {
  return names.flatMap((name): EdgeRouter[] => {
    const option = (key: string): string | undefined =>
      configuration.get(`entryPoints.${name}.http.redirections.entryPoint.${key}`)?.value;
    const to = option("to");
    if (to === undefined) return [];
    const options = new Map([
      ["scheme", option("scheme") ?? "https"],
      ["permanent", option("permanent") ?? "true"],
    ]);
    return [
      {
        name: `${name}-to-${to}@internal`,
        rule: parseRule("HostRegexp(`^.+$`)"),
        priority: Number(option("priority") ?? Number.MAX_SAFE_INTEGER - 1),
        entryPoints: [name],
        tls: false,
        service: "noop@internal",
        isLiteLLM: false,
        middlewares: [{ name: `redirect-${name}-to-${to}@internal`, kind: "redirectscheme", options }],
      },
    ];
  });
}
