import type { SourceLocation } from "../../source/location.ts";
import type { TraefikRouter } from "./dynamic.ts";

/** What Traefik does about a router that names something that is missing. */
export const disabled = "Traefik disables the router, and logs it";

/** A router's name with its provider: `ui@docker`. */
export function fullName({ name, provider }: TraefikRouter): string {
  return `${name}@${provider}`;
}

/** The scope of a problem of one router. */
export function routerScope(router: TraefikRouter): { kind: "router"; name: string } {
  return { kind: "router", name: fullName(router) };
}

/** The location of one option of a router; the rule's for one that is not set. */
export function locationIn({ options, location }: TraefikRouter, option: string): SourceLocation {
  return options.get(option)?.location ?? location;
}
