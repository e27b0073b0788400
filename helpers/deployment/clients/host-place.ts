import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { publishedTo } from "../compose/host-address.ts";
import type { ComposeService, PublishedPort } from "../compose/types.ts";
import { type HostListeners, listeningEntryPoints, portsOnHost } from "../services/host-network.ts";
import { extraHosts, namesOf } from "../services/hosts.ts";
import { liteLLMPortOf } from "../services/litellm-port.ts";
import type { Deployment, PolicyClient } from "../types.ts";
import { serviceOfClient } from "./service-place.ts";

/**
 * The names that engines give the host in each container, also without `extra_hosts`. Source: Docker Desktop's networking manual;
 * podman's `containers.conf`, `host_containers_internal_ip`.
 */
const engineNamesOfHost = ["host.docker.internal", "gateway.docker.internal", "host.containers.internal"];

/** What decides where an address on the gateway's host leads. */
export type HostOfGateway = Pick<Deployment, "compose" | "litellm" | "traefik" | "traefikModel" | "policy">;

/** Where an address leads that a client has for the gateway's host itself. */
export type HostPlace =
  | {
      leadsTo: "litellm";
      /** The port that LiteLLM publishes there. */
      published: PublishedPort;
      /** The same address as a run calls it: by LiteLLM's name and its port in the container. */
      url: string;
    }
  | {
      leadsTo: "elsewhere";
      /** What is wrong with the address, for an operator. */
      fault: string;
    };

/**
 * Where the address of a client leads that is one of the host itself: the loopback for a client that is in no service, a name of the
 * engine's (`host.docker.internal`), of `extra_hosts` for one in a service, or an IP address. Undefined for every other address.
 */
export function placeAtHost(gateway: HostOfGateway, client: PolicyClient, url: string): HostPlace | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, protocol } = new URL(url);
  const from = serviceOfClient(gateway, client);
  const isOfHost = from === undefined ? isHostFromOutside(hostname) : isHostFrom(from, hostname);
  if (!isOfHost || gateway.policy.hosts.some(({ name }) => name === hostname)) return undefined;
  const published = publishedPort(gateway.litellm, url);
  if (published !== undefined && protocol === "http:")
    return { leadsTo: "litellm", published, url: inContainer(gateway.litellm, published, url) };
  return { leadsTo: "elsewhere", fault: faultOfPort(gateway, url) };
}

/**
 * A client's text with the addresses that lead to LiteLLM by the gateway's host as a run calls them: a run's machines have a loopback
 * and a host of their own.
 */
export function asTheRunCalls(gateway: HostOfGateway, client: PolicyClient, text: string): string {
  return text.replace(/https?:\/\/[^\s"'<>]+/g, (url) => {
    const place = placeAtHost(gateway, client, url);
    return place?.leadsTo === "litellm" ? place.url : url;
  });
}

/**
 * Whether Codex runs on the gateway's host and calls LiteLLM there, by a port that no LAN may reach: its config has an address that
 * {@link asTheRunCalls} replaces, outside of its comments.
 */
export function codexCallsByHost(gateway: HostOfGateway): boolean {
  const codex = gateway.policy.clients.find(({ kind }) => kind === "codex");
  if (codex?.config === undefined) return false;
  const settings = readFileSync(codex.config, "utf8").replace(/^\s*#.*$/gm, "");
  return asTheRunCalls(gateway, codex, settings) !== settings;
}

/** The origin of LiteLLM's own port, on the networks of its service. */
export function liteLLMOrigin(litellm: ComposeService): string {
  return `http://${namesOf(litellm)[0]}:${liteLLMPortOf(litellm)}`;
}

/**
 * Whether an address is one of the host on which the gateway runs, for a client in no container, and leads to a port that LiteLLM
 * publishes there.
 */
export function leadsToLiteLLMByHost(litellm: ComposeService, url: string): boolean {
  return URL.canParse(url) && isHostFromOutside(new URL(url).hostname) && publishedPort(litellm, url) !== undefined;
}

/** The same for an address in the environment of a service. */
export function leadsToLiteLLMFrom(service: ComposeService, litellm: ComposeService, url: string): boolean {
  return URL.canParse(url) && isHostFrom(service, new URL(url).hostname) && publishedPort(litellm, url) !== undefined;
}

/** The port of LiteLLM on the host that an address of the host reaches; undefined where there is none. */
function publishedPort(litellm: ComposeService, url: string): PublishedPort | undefined {
  const { hostname } = new URL(url);
  const port = portIn(url);
  return portsOfLiteLLM(litellm).find(({ host, address }) => host === port && isReachedBy(hostname, address));
}

/** Whether a client outside of every container means the host by a name, if the gateway runs there. */
function isHostFromOutside(hostname: string): boolean {
  return isLoopback(hostname) || isAddress(hostname) || engineNamesOfHost.includes(hostname);
}

/** Whether a container of a service means the host by a name. Its loopback is its own. */
function isHostFrom(service: ComposeService, hostname: string): boolean {
  if (isLoopback(hostname)) return false;
  return [...engineNamesOfHost, ...extraHosts(service)].includes(hostname) || isAddress(hostname);
}

function isLoopback(hostname: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(hostname);
}

function isAddress(hostname: string): boolean {
  return isIP(bare(hostname)) !== 0;
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** Whether a port that is published at an address of the host is reached by a name or an address of the host. */
function isReachedBy(hostname: string, address: string | undefined): boolean {
  const to = publishedTo(address);
  if (to === "everyone") return true;
  if (isLoopback(hostname)) return to === "nobody";
  // A name of the engine's leads to the host's bridge, with Docker Desktop to its loopback too.
  return isAddress(hostname) ? bare(hostname) === address : to === "nobody";
}

/** Why an address of the host does not lead to LiteLLM. */
function faultOfPort(gateway: HostOfGateway, url: string): string {
  const { compose, litellm, traefik, traefikModel } = gateway;
  const { hostname, protocol } = new URL(url);
  const port = portIn(url);
  const own = portsOfLiteLLM(litellm);
  const same = own.filter(({ host }) => host === port);
  if (same.some(({ address }) => isReachedBy(hostname, address)))
    return `${litellm.key} answers over http on port ${port}, not over ${protocol.slice(0, -1)}`;
  if (same.length > 0)
    return `${litellm.key} publishes port ${port} at ${same.map(({ address }) => address).join(" and ")} only, which ${hostname} does not reach`;
  const listeners = { litellm, traefik, entryPoints: listeningEntryPoints(traefikModel) };
  const other = [...compose.services.values()].find((service) =>
    tcpPorts(service, listeners).some(({ host }) => host === port),
  );
  if (other !== undefined && other.key === traefik?.key)
    return `port ${port} of the host is that of ${other.key}, and ${hostname} is not one of the policy's hosts`;
  if (other !== undefined) return `port ${port} of the host is that of ${other.key}, not of ${litellm.key}`;
  const published = own.map(({ host }) => host).join(" and ") || "none";
  return `no service publishes port ${port} on the host (${litellm.key} publishes ${published})`;
}

function portsOfLiteLLM(litellm: ComposeService): readonly PublishedPort[] {
  return tcpPorts(litellm, { litellm, traefik: undefined, entryPoints: [] });
}

function tcpPorts(service: ComposeService, listeners: HostListeners): readonly PublishedPort[] {
  return portsOnHost(service, listeners).filter(({ protocol }) => protocol === "tcp");
}

function inContainer(litellm: ComposeService, { container }: PublishedPort, url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, `http://${namesOf(litellm)[0]}:${container}`);
}

/** The port of a URL; that of its scheme where it names none. */
export function portIn(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
