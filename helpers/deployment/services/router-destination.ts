import type { TraefikRouter, TraefikService } from "../traefik/dynamic/dynamic.ts";
import type { TraefikModel } from "../traefik/model.ts";
import { portThroughHost, type RouteEnds } from "./host-route.ts";
import { serviceAt } from "./hosts.ts";

/** Whether a router's service is LiteLLM: by labels the container that has them, by a file where the servers' URLs lead. */
export function leadsToLiteLLM(router: TraefikRouter, model: TraefikModel, ends: RouteEnds): boolean {
  return destinationOf(router, model, ends) === "litellm";
}

/** Whether the files say that a router's service is another one of the deployment, or of another machine. */
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
    const urls = urlsOf(model.files?.configuration.services ?? [], name);
    if (urls.length === 0) return undefined;
    return urls.some((url) => isOfLiteLLM(url, ends)) ? "litellm" : "another-service";
  }
  const container = model.containers.find(({ configuration }) =>
    router.service === undefined
      ? configuration.routers.includes(router)
      : configuration.services.some((one) => one.name.toLowerCase() === name),
  );
  if (container === undefined) return undefined;
  const { services } = container.configuration;
  const own = router.service === undefined ? services[0] : services.find((one) => one.name.toLowerCase() === name);
  const url = own?.options.get("loadbalancer.server.url")?.value;
  if (url !== undefined) return isOfLiteLLM(url, ends) ? "litellm" : "another-service";
  return container.service.key === ends.litellm.key ? "litellm" : "another-service";
}

function urlsOf(services: readonly TraefikService[], name: string): readonly string[] {
  return services.find((one) => one.name.toLowerCase() === name)?.urls ?? [];
}

function isOfLiteLLM(url: string, ends: RouteEnds): boolean {
  if (!URL.canParse(url)) return false;
  return (
    serviceAt(ends.compose, new URL(url).hostname)?.key === ends.litellm.key || portThroughHost(url, ends) !== undefined
  );
}
