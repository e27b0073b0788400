import type { ComposeFile, ComposeService } from "../compose/types.ts";
import { addressIn, serviceAt } from "../services/hosts.ts";
import type { SourceLocation } from "../source/location.ts";
import type { TraefikRouter, TraefikService } from "./dynamic/dynamic.ts";
import type { TraefikModel } from "./model.ts";

/** What the function here looks at. */
interface Reached {
  compose: ComposeFile;
  traefik: ComposeService;
  traefikModel: TraefikModel;
}

/** Why a service cannot be reached. */
export interface Unreachable {
  /** One sentence. */
  cause: string;
  location: SourceLocation;
  fix: string;
  /** Whether the server is a service of the compose files; false for a host that none of them has. */
  isKnownService: boolean;
}

/**
 * Why no server answers where Traefik expects a router's service, by the networks and names of the compose files.
 *
 * @returns undefined where they do not say: the port may be wrong, or the server may be down
 */
export function whyUnreachable(
  deployment: Reached,
  router: TraefikRouter,
  service: TraefikService | undefined,
): Unreachable | undefined {
  const { traefikModel: model } = deployment;
  const container = model.containers.find(({ configuration }) => configuration.routers.includes(router));
  if (container !== undefined && service?.provider !== "file") {
    const { provider, configuration } = container;
    const written = configuration.network ?? model.static.get(`providers.${provider}.network`);
    return byNetwork(deployment, container.service, written);
  }
  const [url] = service?.urls ?? [];
  const host = url === undefined ? undefined : addressIn(url)?.host;
  return service === undefined || host === undefined ? undefined : byName(deployment, service, host);
}

/**
 * Traefik calls a container by the network that a label or its provider names, where the container is on it; else by any. It knows
 * a network by its name on the host, and not by its key in the compose file. Source: Traefik, pkg/provider/docker/config.go.
 */
function byNetwork(
  { compose, traefik }: Reached,
  service: ComposeService,
  written: { value: string; location: SourceLocation } | undefined,
): Unreachable | undefined {
  const { value = "", location = service.location } = written ?? {};
  const own = [...service.networks.keys()];
  const nameOf = (one: string): string => compose.networks.get(one)?.name ?? one;
  if (own.length > 0 && traefik.networks.size > 0 && !own.some((one) => traefik.networks.has(one))) {
    const [at] = service.networkLocations.values();
    return {
      cause: `${service.name} is on no network of ${traefik.name}, so that Traefik does not reach it`,
      location: at ?? service.location,
      fix: `put ${service.name} on ${[...traefik.networks.keys()].join(" or ")}`,
      isKnownService: true,
    };
  }
  const named = own.find((one) => nameOf(one) === value);
  const shared = own.find((one) => traefik.networks.has(one));
  const apart = own.find((one) => !traefik.networks.has(one));
  if (named === undefined && shared !== undefined && apart !== undefined)
    return {
      cause:
        `Traefik takes any network of ${service.name} (${own.map(nameOf).join(", ")}), because none of them is named` +
        `${value === "" ? "" : ` '${value}'`}, ` +
        `and is itself not on ${nameOf(apart)}`,
      location: written?.location ?? service.networkLocations.get(apart) ?? service.location,
      fix: `name the network that both are on: traefik.docker.network=${nameOf(shared)}`,
      isKnownService: true,
    };
  if (named === undefined || traefik.networks.has(named) || traefik.networks.size === 0) return undefined;
  return {
    cause: `Traefik calls ${service.name} by the network ${value}, on which Traefik itself is not`,
    location,
    fix:
      shared === undefined
        ? `put ${traefik.name} on ${value} too`
        : `name the network that both are on: ${nameOf(shared)}`,
    isKnownService: true,
  };
}

/** Traefik finds a server by a name on a network of its own. */
function byName(
  { compose, traefik }: Reached,
  { name, location }: TraefikService,
  host: string,
): Unreachable | undefined {
  // An address, or a name of the world outside.
  if (host.includes(".") || host.includes(":") || host === "localhost") return undefined;
  const found = serviceAt(compose, host, traefik);
  if (found === undefined)
    return {
      cause: `the service ${name} is at the host '${host}', and no service of the compose files has this name`,
      location,
      fix: `write a name that a service has on a network of ${traefik.name}`,
      isKnownService: false,
    };
  const isShared = [...found.networks.keys()].some((key) => traefik.networks.has(key));
  // What is on the host's network, or on none, is not found by a name of a network.
  if (isShared || found.networks.size === 0 || traefik.networks.size === 0) return undefined;
  const [own] = traefik.networkLocations.values();
  return {
    cause: `${traefik.name} is on no network of ${found.name}, so that it does not find '${host}'`,
    location: own ?? traefik.location,
    fix: `put ${traefik.name} on ${[...found.networks.keys()].join(" or ")}`,
    isKnownService: true,
  };
}
