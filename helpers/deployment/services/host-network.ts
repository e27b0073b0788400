import { isIP } from "node:net";
import { publishedTo } from "../compose/host-address.ts";
import type { ComposeService, PublishedPort } from "../compose/types.ts";
import type { TraefikModel } from "../traefik/model.ts";
import { liteLLMPortOf } from "./litellm-port.ts";

/** The services under test, and what Traefik listens on. */
export interface HostListeners {
  litellm: ComposeService;
  traefik: ComposeService | undefined;
  /** Traefik's entry points over TCP. */
  entryPoints: readonly ListeningEntryPoint[];
}

/** Where an entry point of Traefik listens. */
export interface ListeningEntryPoint {
  port: number;
  /** The address at which it listens; undefined for every address. */
  address?: string | undefined;
}

/** Where Traefik's entry points over TCP listen. */
export function listeningEntryPoints(model: Pick<TraefikModel, "static"> | undefined): ListeningEntryPoint[] {
  const entryPoints = model === undefined ? [] : [...model.static.entryPoints.values()];
  return entryPoints
    .filter(({ protocol }) => protocol === "tcp")
    .map(({ host, port }) => ({ port, address: addressOf(host) }));
}

/** The IP address of what stands before an entry point's port; undefined for every address, and for a name that is not known. */
export function addressOf(host: string): string | undefined {
  const address = host === "localhost" ? "127.0.0.1" : host.replace(/^\[(.*)\]$/, "$1");
  return isIP(address) === 0 || publishedTo(address) === "everyone" ? undefined : address;
}

/**
 * The ports of a service on the host: those that it publishes; on the host's own network (`network_mode: host`) those on which
 * LiteLLM or Traefik listens.
 */
export function portsOnHost(
  service: ComposeService,
  { litellm, traefik, entryPoints }: HostListeners,
): readonly PublishedPort[] {
  const { networkMode, ports, key } = service;
  if (networkMode?.value !== "host") return ports;
  const ofService: Readonly<Record<string, readonly ListeningEntryPoint[]>> = {
    ...(traefik === undefined ? {} : { [traefik.key]: entryPoints }),
    [litellm.key]: [{ port: liteLLMPortOf(litellm) }],
  };
  const { location } = networkMode;
  const byPort = new Map((ofService[key] ?? []).map((one) => [one.port, one]));
  return [...byPort.values()].map(({ port, address }) => ({
    host: port,
    container: port,
    protocol: "tcp",
    address,
    location,
  }));
}
