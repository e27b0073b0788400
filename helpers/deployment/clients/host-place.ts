import { displayPath } from "../../core/text/display-path.ts";
import { publishedTo } from "../compose/host-address.ts";
import type { ComposeService, PublishedPort } from "../compose/types.ts";
import { type HostListeners, listeningEntryPoints, portsOnHost } from "../services/host-network.ts";
import { extraHosts, namesOf } from "../services/hosts.ts";
import { proxyOf } from "../services/proxy-images.ts";
import { matchesRule } from "../traefik/missed-router.ts";
import type { Deployment, PolicyClient } from "../types.ts";
import { bare, engineNamesOfHost, isAddress, isLoopback, isNameOfHost } from "./host-names.ts";
import { serviceOfClient } from "./service-place.ts";

/** What decides where an address on the gateway's host leads. */
export type HostOfGateway = Pick<Deployment, "compose" | "litellm" | "traefik" | "traefikModel" | "policy">;

/** Where an address leads that a client has for the gateway's host itself. */
export type HostPlace =
  | {
      leadsTo: "gateway";
      /** LiteLLM or Traefik. */
      service: ComposeService;
      /** The same address as a run calls it: by the service's name and its port in the container. */
      url: string;
    }
  | {
      leadsTo: "elsewhere";
      /** What is wrong with the address, for an operator. */
      fault: string;
      fix: string;
    }
  | {
      leadsTo: "unknown";
      /** What is not known of the address: a clause. */
      why: string;
    };

/**
 * Where the address of a client leads that is one of the host itself: the loopback for a client that is in no service, a name of the
 * engine's (`host.docker.internal`), of `extra_hosts` for one in a service, or an IP address. Undefined for every other address.
 */
export function placeAtHost(gateway: HostOfGateway, client: PolicyClient, url: string): HostPlace | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, protocol } = new URL(url);
  const from = serviceOfClient(gateway, client);
  const isOfHost = from === undefined ? isNameOfHost(hostname) : isHostFrom(from, hostname);
  if (!isOfHost || gateway.policy.hosts.some(({ name }) => name === hostname)) return undefined;
  return protocol === "http:" || protocol === "https:" ? placeOfPort(gateway, url) : undefined;
}

/**
 * Whether an address is one of the host on which the gateway runs, for a client in no container, and leads to a port that LiteLLM
 * publishes there.
 */
export function leadsToLiteLLMByHost(litellm: ComposeService, url: string): boolean {
  return URL.canParse(url) && isNameOfHost(new URL(url).hostname) && publishedPort(litellm, url) !== undefined;
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

/** Whether a container of a service means the host by a name. Its loopback is its own. */
function isHostFrom(service: ComposeService, hostname: string): boolean {
  if (isLoopback(hostname)) return false;
  return [...engineNamesOfHost, ...extraHosts(service)].includes(hostname) || isAddress(hostname);
}

/** Whether a port that is published at an address of the host is reached by a name or an address of the host. */
function isReachedBy(hostname: string, address: string | undefined): boolean {
  const to = publishedTo(address);
  if (to === "everyone") return true;
  if (isLoopback(hostname)) return to === "nobody";
  // A name of the engine's leads to the host's bridge, with Docker Desktop to its loopback too.
  return isAddress(hostname) ? bare(hostname) === address : to === "nobody";
}

/** A port of the host, with the service that publishes it. */
interface Publishing {
  service: ComposeService;
  published: PublishedPort;
}

function placeOfPort(gateway: HostOfGateway, url: string): HostPlace {
  const { compose, litellm, traefik } = gateway;
  const { hostname, protocol } = new URL(url);
  const port = portIn(url);
  const all = publishedPorts(gateway);
  const same = all.filter(({ published }) => published.host === port);
  const hit = same.find(({ published }) => isReachedBy(hostname, published.address));
  const fix = fixOf(gateway, url, all);
  if (hit?.service.key === litellm.key) {
    if (protocol === "http:") return inContainer(hit, url);
    const fault = `${litellm.key} answers over http on port ${port}, not over https (${lineOf(hit)})`;
    return { leadsTo: "elsewhere", fault, fix };
  }
  if (hit !== undefined && hit.service.key === traefik?.key) return placeOfTraefik(gateway, hit, url, fix);
  if (hit !== undefined) return placeOfOther(hit, litellm, fix);
  const [other] = same;
  if (other !== undefined) {
    const addresses = same.map(({ published }) => published.address).join(" and ");
    const fault = `${other.service.key} publishes port ${port} at ${addresses} only (${lineOf(other)}), which ${hostname} does not reach`;
    return { leadsTo: "elsewhere", fault, fix };
  }
  const onHost = [...compose.services.values()].find(
    ({ key, networkMode }) => networkMode?.value === "host" && ![litellm.key, traefik?.key].includes(key),
  );
  if (onHost !== undefined)
    return {
      leadsTo: "unknown",
      why: `no service publishes port ${port} on the host, and ${onHost.key} may listen there itself (network_mode: host)`,
    };
  return { leadsTo: "elsewhere", fault: `no service publishes port ${port} on the host (${portList(all)})`, fix };
}

/** Traefik needs a router for the name: a run calls Traefik by the name of its service. */
function placeOfTraefik({ traefikModel, policy }: HostOfGateway, hit: Publishing, url: string, fix: string): HostPlace {
  const { service, published } = hit;
  const { hostname, protocol } = new URL(url);
  if (protocol !== "http:")
    return { leadsTo: "unknown", why: `no certificate of a run names ${hostname}, by which ${service.key} is called` };
  const serves = (host: string): boolean => isServed(traefikModel, { host, port: published.container, url });
  if (!serves(hostname)) {
    const hosts = policy.hosts.map(({ name }) => name).join(", ");
    const fault = `port ${published.host} of the host is that of ${service.key} (${lineOf(hit)}), which has no router for ${hostname}, and ${hostname} is not one of the policy's hosts (${hosts})`;
    return { leadsTo: "elsewhere", fault, fix };
  }
  if (serves(service.name)) return inContainer(hit, url);
  return {
    leadsTo: "unknown",
    why: `${service.key} serves ${hostname} by that name, which a run's machines have themselves`,
  };
}

/** Whether a router of an entry point takes requests with a host name, or what lies below the URL. */
function isServed(
  model: HostOfGateway["traefikModel"],
  { host, port, url }: { host: string; port: number; url: string },
): boolean {
  const path = new URL(url).pathname;
  const paths = [path, `${path.replace(/\/$/, "")}/models`];
  return (model?.routers ?? []).some((router) => {
    const { rule } = router;
    const isThere = model?.entryPointsOf(router).some((name) => model.static.entryPoints.get(name)?.port === port);
    return (
      isThere &&
      rule !== undefined &&
      paths.some((one) =>
        matchesRule(rule, {
          host,
          method: "POST",
          path: one,
          headers: [["Authorization", "Bearer key"]],
          query: [],
          client: undefined,
        }),
      )
    );
  });
}

function placeOfOther(hit: Publishing, litellm: ComposeService, fix: string): HostPlace {
  const { service, published } = hit;
  const port = `port ${published.host} of the host is that of ${service.key} (${lineOf(hit)})`;
  const proxy = proxyOf(service);
  return proxy === undefined
    ? { leadsTo: "elsewhere", fault: `${port}, not of ${litellm.key}`, fix }
    : { leadsTo: "unknown", why: `${port}, which is ${proxy}: a run asks the gateway behind it` };
}

function fixOf({ litellm }: HostOfGateway, url: string, all: readonly Publishing[]): string {
  const parsed = new URL(url);
  const right = all.find(
    ({ service, published }) => service.key === litellm.key && isReachedBy(parsed.hostname, published.address),
  );
  if (right === undefined) return `publish a port of ${litellm.key} at an address that ${parsed.hostname} reaches`;
  const origin = `http://${parsed.hostname}:${right.published.host}`;
  return `call ${url.replace(/^https?:\/\/[^/?#]*/i, origin)} (${lineOf(right)})`;
}

function portList(all: readonly Publishing[]): string {
  if (all.length === 0) return "none is published";
  return all.map((one) => `${one.published.host} is ${one.service.key}'s, ${lineOf(one)}`).join("; ");
}

function lineOf({ published: { location } }: Publishing): string {
  return `${displayPath(location.file)}:${location.line}`;
}

function publishedPorts({ compose, litellm, traefik, traefikModel }: HostOfGateway): Publishing[] {
  const listeners = { litellm, traefik, entryPoints: listeningEntryPoints(traefikModel) };
  return [...compose.services.values()].flatMap((service) =>
    tcpPorts(service, listeners).map((published) => ({ service, published })),
  );
}

function portsOfLiteLLM(litellm: ComposeService): readonly PublishedPort[] {
  return tcpPorts(litellm, { litellm, traefik: undefined, entryPoints: [] });
}

function tcpPorts(service: ComposeService, listeners: HostListeners): readonly PublishedPort[] {
  return portsOnHost(service, listeners).filter(({ protocol }) => protocol === "tcp");
}

function inContainer({ service, published: { container } }: Publishing, url: string): HostPlace {
  const origin = `http://${namesOf(service)[0]}:${container}`;
  return { leadsTo: "gateway", service, url: url.replace(/^https?:\/\/[^/?#]*/i, origin) };
}

/** The port of a URL; that of its scheme where it names none. */
export function portIn(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
