import type { TraefikRouter, TraefikService } from "../traefik/dynamic/dynamic.ts";
import type { TraefikModel } from "../traefik/model.ts";
import { portThroughHost, type RouteEnds } from "./host-route.ts";
import { serviceAt } from "./hosts.ts";

/** Whether a router's service is LiteLLM: by labels the container that has them, by a file where the servers' URLs lead. */
export function leadsToLiteLLM(router: TraefikRouter, model: TraefikModel, ends: RouteEnds): boolean {
  return destinationOf(router, model, ends) === "litellm";
}

/** Whether the files say that a router's service is another one of the deployment. An address that no file knows may be LiteLLM's. */
export function leadsToAnotherService(router: TraefikRouter, model: TraefikModel, ends: RouteEnds): boolean {
  return destinationOf(router, model, ends) === "another-service";
}

/** A service's name as Traefik's API has it. */
export function withProvider(name: string, provider: string): string {
  return name.includes("@") ? name : `${name}@${provider}`;
}

/** Undefined for a service of Traefik's own (`noop@internal`), and for one that no file defines. */
function destinationOf(
  router: TraefikRouter,
  model: TraefikModel,
  ends: RouteEnds,
): "litellm" | "another-service" | undefined {
  const wanted = withProvider(router.service ?? "", router.provider);
  if (wanted.endsWith("@internal")) return undefined;
  const name = wanted.slice(0, wanted.indexOf("@")).toLowerCase();
  if (wanted.endsWith("@file")) {
    return destinationOfAll(urlsOf(model.files?.configuration.services ?? [], name).map((url) => serverAt(url, ends)));
  }
  const containers = model.containers.filter(({ configuration }) =>
    router.service === undefined
      ? configuration.routers.includes(router)
      : configuration.services.some((one) => one.name.toLowerCase() === name),
  );
  // Containers whose labels name one service are its servers together.
  return destinationOfAll(
    containers.map(({ service, configuration: { services } }) => {
      const own = router.service === undefined ? services[0] : services.find((one) => one.name.toLowerCase() === name);
      const url = own?.options.get("loadbalancer.server.url")?.value;
      if (url !== undefined) return serverAt(url, ends);
      return service.key === ends.litellm.key ? "litellm" : "another-service";
    }),
  );
}

type Destination = ReturnType<typeof destinationOf>;

/** Where several servers of one service lead together. */
function destinationOfAll(servers: readonly Destination[]): Destination {
  if (servers.includes("litellm")) return "litellm";
  return servers.length === 0 || servers.includes(undefined) ? undefined : "another-service";
}

function urlsOf(services: readonly TraefikService[], name: string): readonly string[] {
  return services.find((one) => one.name.toLowerCase() === name)?.urls ?? [];
}

function serverAt(url: string, ends: RouteEnds): Destination {
  if (!URL.canParse(url)) return undefined;
  const service = serviceAt(ends.compose, new URL(url).hostname);
  if (service?.key === ends.litellm.key || portThroughHost(url, ends) !== undefined) return "litellm";
  return service === undefined ? undefined : "another-service";
}
