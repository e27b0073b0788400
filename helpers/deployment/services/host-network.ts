import type { ComposeService, PublishedPort } from "../compose/types.ts";
import type { TraefikModel } from "../traefik/model.ts";
import { liteLLMPortOf } from "./litellm-port.ts";

/** The services under test, and what Traefik listens on. */
export interface HostListeners {
  litellm: ComposeService;
  traefik: ComposeService | undefined;
  /** Ports of Traefik's entry points over TCP. */
  entryPorts: readonly number[];
}

/** The ports of Traefik's entry points over TCP. */
export function entryPortsOf(model: Pick<TraefikModel, "static"> | undefined): number[] {
  const entryPoints = model === undefined ? [] : [...model.static.entryPoints.values()];
  return entryPoints.filter(({ protocol }) => protocol === "tcp").map(({ port }) => port);
}

/**
 * The ports of a service on the host: those that it publishes; on the host's own network (`network_mode: host`) those on which
 * LiteLLM or Traefik listens, at every address.
 */
export function portsOnHost(
  service: ComposeService,
  { litellm, traefik, entryPorts }: HostListeners,
): readonly PublishedPort[] {
  const { networkMode, ports, key } = service;
  if (networkMode?.value !== "host") return ports;
  const listening = key === litellm.key ? [liteLLMPortOf(litellm)] : key === traefik?.key ? entryPorts : [];
  const { location } = networkMode;
  return [...new Set(listening)].map((port) => ({ host: port, container: port, protocol: "tcp", location }));
}
