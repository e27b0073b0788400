import type { ComposeFile, ComposeService } from "../compose/types.ts";
import { serviceAt } from "../services/hosts.ts";
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

function sharesNetwork(one: ComposeService, other: ComposeService): boolean {
  return [...one.networks.keys()].some((network) => other.networks.has(network));
}
