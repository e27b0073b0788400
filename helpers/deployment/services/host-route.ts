import { isIP } from "node:net";
import type { ComposeFile, ComposeService } from "../compose/types.ts";
import type { SourceLocation } from "../source/location.ts";
import type { TraefikModel } from "../traefik/model.ts";
import { extraHosts, serviceAt } from "./hosts.ts";
import { liteLLMPortOf } from "./litellm-port.ts";
import { namespaceOwner } from "./network-namespace.ts";

/** The network of a run that stands for the way from Traefik to LiteLLM through the gateway host. */
export const hostRouteNetwork = "through-host.suite";
/** LiteLLM's name on {@link hostRouteNetwork}. */
export const hostRouteName = "litellm.through-host";

/** The services between which a route may lead through the host. */
export interface RouteEnds {
  compose: ComposeFile;
  litellm: ComposeService;
  traefik: ComposeService | undefined;
}

/** A URL of the file provider by which Traefik reaches LiteLLM through an address of the host. */
export interface HostRoute {
  url: string;
  /** The port in LiteLLM's container. */
  port: number;
  location: SourceLocation;
}

/** The URLs of Traefik's file provider that lead to LiteLLM through the host: it publishes the port that they name. */
export function hostRoutes(model: TraefikModel | undefined, ends: RouteEnds): HostRoute[] {
  return (model?.files?.configuration.services ?? []).flatMap(({ options, location }) =>
    [...options].flatMap(([name, { value: url, location: at }]): HostRoute[] => {
      const port = /^loadbalancer\.servers\[\d+\]\.url$/.test(name) ? portThroughHost(url, ends) : undefined;
      return port === undefined ? [] : [{ url, port, location: at ?? location }];
    }),
  );
}

/** The port in LiteLLM's container to which a URL leads through an address of the host; undefined for any other URL. */
export function portThroughHost(url: string, { compose, litellm, traefik }: RouteEnds): number | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== "http:" || traefik === undefined) return undefined;
  const host = parsed.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = Number(parsed.port || 80);
  const fixed = [...compose.services.values()].find((one) => one.fixedAddresses.some(({ value }) => value === host));
  if (fixed !== undefined) return fixed.key === litellm.key ? port : undefined;
  // In one network namespace each has the other on its loopback.
  if (isLoopback(host) && namespaceOwner(compose, traefik) === namespaceOwner(compose, litellm))
    return port === liteLLMPortOf(litellm) ? port : undefined;
  if (serviceAt(compose, host, traefik) !== undefined || !isOfHost(host, traefik)) return undefined;
  if (litellm.networkMode?.value === "host") return port === liteLLMPortOf(litellm) ? port : undefined;
  return litellm.ports.find(
    (one) => one.protocol === "tcp" && one.host === port && (isEveryAddress(one.address) || one.address === host),
  )?.container;
}

/**
 * A deployment in which Traefik and LiteLLM share {@link hostRouteNetwork}, where a route leads through the host: a run has no
 * such host between them.
 */
export function joinedThroughHost<Ends extends RouteEnds>(model: TraefikModel | undefined, ends: Ends): Ends {
  const { compose, litellm, traefik } = ends;
  const [route] = hostRoutes(model, ends);
  if (route === undefined || traefik === undefined) return ends;
  const joined = (service: ComposeService, aliases: readonly string[]): ComposeService => ({
    ...service,
    networks: new Map([
      ...(service.networks.size === 0 ? [["default", []] as const] : service.networks),
      [hostRouteNetwork, aliases],
    ]),
  });
  const own = { litellm: joined(litellm, [hostRouteName]), traefik: joined(traefik, []) };
  const network = {
    name: hostRouteNetwork,
    external: false,
    internal: true,
    ipv6: false,
    bridge: undefined,
    location: route.location,
  };
  return {
    ...ends,
    ...own,
    compose: {
      ...compose,
      services: new Map([...compose.services, [litellm.key, own.litellm], [traefik.key, own.traefik]]),
      networks: new Map([...compose.networks, [hostRouteNetwork, network]]),
    },
  };
}

function isEveryAddress(address: string | undefined): boolean {
  return address === undefined || address === "0.0.0.0" || address === "::";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.startsWith("127.") || host === "::1";
}

/** Whether a name or an address may be the gateway host's, as Traefik's container sees it. */
function isOfHost(host: string, traefik: ComposeService): boolean {
  const isOnHost = traefik.networkMode?.value === "host";
  if (isLoopback(host)) return isOnHost;
  if (isIP(host) !== 0) return isPrivate(host);
  // A name without a dot is a container's: one that no service has is a mistake.
  return (
    extraHosts(traefik).includes(host) ||
    /(?:^|\.)docker\.internal$|\.(?:lan|local|internal|home|home\.arpa)$/.test(host)
  );
}

/** RFC 1918, RFC 4193, and what VPNs use (RFC 6598). */
function isPrivate(address: string): boolean {
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd])/i.test(
    address,
  );
}
