import type { PolicyClient } from "../types.ts";
import { type HostOfGateway, placeAtHost } from "./host-place.ts";
import { serviceOfClient, serviceReached } from "./service-place.ts";

/**
 * Whether a client's address is one of the gateway: a host of the policy, a port that the gateway publishes on its host, or, for a
 * client in a service, LiteLLM on a network of its own.
 */
export function leadsToGateway(deployment: HostOfGateway, client: PolicyClient, url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  if (deployment.policy.hosts.some(({ name }) => name === hostname)) return true;
  if (placeAtHost(deployment, client, url)?.leadsTo === "gateway") return true;
  const from = serviceOfClient(deployment, client);
  return from !== undefined && serviceReached(deployment.compose, from, hostname)?.key === deployment.litellm.key;
}
