import { isIP } from "node:net";
import type { ComposeFile, ComposeService } from "../compose/types.ts";
import { extraHosts, serviceAt } from "../services/hosts.ts";
import { slug } from "../services/slug.ts";
import type { Deployment, PolicyClient } from "../types.ts";

/** Name of the machine of a run that stands where a client's service is: on its networks, without its names. */
export function machineInPlaceOf(service: string): string {
  return `client-${slug(service)}`;
}

/** The compose service that runs a client; undefined for a client elsewhere. */
export function serviceOfClient(
  { compose }: Pick<Deployment, "compose">,
  { service }: PolicyClient,
): ComposeService | undefined {
  return service === undefined ? undefined : compose.services.get(service);
}

/** The services that run clients of the policy, each once. */
export function servicesOfClients(deployment: Pick<Deployment, "compose" | "policy">): ComposeService[] {
  return [...new Set(deployment.policy.clients.flatMap((client) => serviceOfClient(deployment, client) ?? []))];
}

/** The service that another one reaches under a host name, on a network that both are on; undefined where there is none. */
export function serviceReached(compose: ComposeFile, from: ComposeService, host: string): ComposeService | undefined {
  const found = serviceAt(compose, host, from);
  return found !== undefined && sharesNetwork(found, from) ? found : undefined;
}

/**
 * The machine from which a client's address must answer. Undefined for a client that is in no service, and for a host of the policy
 * that the client's networks have no name for: DNS outside of the deployment's files then says where it leads to.
 */
export function machineOfAddress(
  deployment: Pick<Deployment, "compose" | "policy">,
  client: PolicyClient,
  url: string,
): string | undefined {
  const from = serviceOfClient(deployment, client);
  if (from === undefined || !URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  const isHost = deployment.policy.hosts.some(({ name }) => name === hostname);
  if (isHost && serviceReached(deployment.compose, from, hostname) === undefined) return undefined;
  return machineInPlaceOf(from.key);
}

/**
 * The names that engines give the host in each container, also without `extra_hosts`. Source: Docker Desktop's networking manual;
 * podman's `containers.conf`, `host_containers_internal_ip`.
 */
const engineNamesOfHost = ["host.docker.internal", "gateway.docker.internal", "host.containers.internal"];

/**
 * Whether the address of a client in a service leads to the host itself, by a name of the engine's (`host.docker.internal`), by
 * `extra_hosts`, or by an IP address: a run has no place like it.
 */
export function leadsToTheHost(deployment: Pick<Deployment, "compose">, client: PolicyClient, url: string): boolean {
  const from = serviceOfClient(deployment, client);
  if (from === undefined || !URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  const names = [...engineNamesOfHost, ...extraHosts(from)];
  return names.includes(hostname) || isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

function sharesNetwork(one: ComposeService, other: ComposeService): boolean {
  return [...one.networks.keys()].some((network) => other.networks.has(network));
}
