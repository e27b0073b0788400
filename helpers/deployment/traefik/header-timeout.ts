import type { SourceLocation } from "../source/location.ts";
import type { TraefikRouter } from "./dynamic/dynamic.ts";
import { serviceOf } from "./missed-router.ts";
import type { TraefikModel } from "./model.ts";

/**
 * Why Traefik answers 504 to a request of a router: the time that it gives the router's service for the head of an answer. Undefined
 * where the deployment's files have no such limit; 0 is none.
 */
export function whyHeadTooLate(
  model: TraefikModel,
  router: TraefikRouter,
): { cause: string; location: SourceLocation; fix: string } | undefined {
  const transport = serviceOf(model, router)?.options.get("loadbalancer.serverstransport")?.value.replace(/@.*$/, "");
  const own = ["http", "serverstransports", transport?.toLowerCase(), "forwardingtimeouts", "responseheadertimeout"];
  const limit =
    transport === undefined || transport === "default"
      ? model.static.get("serversTransport.forwardingTimeouts.responseHeaderTimeout")
      : model.dynamicOptions.find(({ path }) => path.map((part) => part.toLowerCase()).join("\n") === own.join("\n"));
  if (limit === undefined || /^0[a-z]*$/.test(limit.value)) return undefined;
  return {
    cause: `Traefik answers 504 where the head of an answer takes longer than responseHeaderTimeout (${limit.value})`,
    location: limit.location,
    fix: "raise responseHeaderTimeout, or remove it",
  };
}
