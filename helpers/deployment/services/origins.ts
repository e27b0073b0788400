import { publishedTo } from "../compose/host-address.ts";
import type { Deployment, PolicyHost } from "../types.ts";
import { listeningEntryPoints, portsOnHost } from "./host-network.ts";
import { liteLLMPortOf } from "./litellm-port.ts";

/**
 * The port by which clients call a host: the policy's, else the scheme's. Without Traefik it is the one that LiteLLM publishes,
 * or LiteLLM's own where nothing is published.
 */
export function portOfHost(
  { litellm, traefik }: Pick<Deployment, "litellm" | "traefik">,
  { port, scheme }: PolicyHost,
): number {
  if (port !== undefined) return port;
  if (traefik !== undefined) return scheme === "https" ? 443 : 80;
  const listening = liteLLMPortOf(litellm);
  const published = litellm.ports.filter(({ protocol }) => protocol === "tcp");
  return (published.find(({ container }) => container === listening) ?? published[0])?.host ?? listening;
}

/** The origin by which clients call a host, e.g. `https://llm.example` or `http://llm.home.lan:4000`. */
export function originOf(deployment: Pick<Deployment, "litellm" | "traefik">, host: PolicyHost): string {
  const port = portOfHost(deployment, host);
  const isDefault = port === (host.scheme === "https" ? 443 : 80);
  return `${host.scheme}://${host.name}${isDefault ? "" : `:${port}`}`;
}

/**
 * The host of the policy that a URL names: by name and scheme, and by port where several entry points serve both.
 *
 * @returns undefined where the policy has no host of that name and scheme
 */
export function hostOfUrl(
  deployment: Pick<Deployment, "litellm" | "traefik" | "policy">,
  url: string,
): PolicyHost | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, hostname, origin } = new URL(url);
  const named = deployment.policy.hosts.filter(({ name, scheme }) => name === hostname && `${scheme}:` === protocol);
  return named.find((host) => originOf(deployment, host) === origin) ?? named[0];
}

/**
 * The hosts that clients call by a port that the policy states, and that Traefik neither publishes nor listens on: that of a
 * forwarder in front of the entry point.
 *
 * @returns with the port on which the entry point listens
 */
export function forwardedHosts({
  policy,
  traefik,
  traefikModel,
}: Pick<Deployment, "policy" | "traefik" | "traefikModel">): { host: PolicyHost; port: number; listens: number }[] {
  const entryPoints = [...(traefikModel?.static.entryPoints.values() ?? [])].filter(
    ({ protocol }) => protocol === "tcp",
  );
  const opened = [...entryPoints.map(({ port }) => port), ...(traefik?.ports.map(({ host }) => host) ?? [])];
  return policy.hosts.flatMap((host) => {
    const { port, entryPoint } = host;
    const listens = entryPoints.find(({ name }) => name.toLowerCase() === entryPoint?.toLowerCase())?.port;
    return port === undefined || listens === undefined || opened.includes(port) ? [] : [{ host, port, listens }];
  });
}

/**
 * Whether the deployment's files bring a caller on the LAN to the gateway: Traefik, or LiteLLM where there is none, publishes a
 * port there, or listens there on the host's own network.
 */
export function isOnTheLan({
  litellm,
  traefik,
  traefikModel,
}: Pick<Deployment, "litellm" | "traefik" | "traefikModel">): boolean {
  const entryPoints = listeningEntryPoints(traefikModel);
  const ports = portsOnHost(traefik ?? litellm, { litellm, traefik, entryPoints });
  return ports.some(({ address }) => ["everyone", "lan"].includes(publishedTo(address)));
}
