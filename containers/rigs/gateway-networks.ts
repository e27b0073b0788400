import { movedAddresses } from "../../helpers/deployment/clients/codex-copy.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import type { HostInterface } from "../networks/gateway-host-rules.ts";
import type { MadeNetwork, NetworkPlan } from "../networks/network.ts";
import { networksOf } from "../parts/deployment/render-context.ts";

// An operator may have networks of the names `lan` and `outside`.
/** Network between LiteLLM and the scripted model; the suite's own. */
export const providerNetwork = "model-provider.suite";
/** Name of the part that is LiteLLM's second replica. */
export const secondReplica = "litellm-2";

/** The LAN in front of the gateway host; the suite's own. */
export const lanNetwork = "lan.suite";
/** What is outside of the gateway host; the suite's own. */
export const outsideNetwork = "outside.suite";

/** The networks of the gateway rig: those of the deployment's services, and the suite's own. */
export function gatewayNetworkPlans(deployment: Deployment): NetworkPlan[] {
  return [
    ...serviceNetworkPlans(deployment),
    // Not internal: an internal network publishes no port, and the checks script the model from this machine. Routed to an
    // address that nobody has, so that it leads nowhere.
    { name: providerNetwork, internal: false, routed: true, last: true },
    // Not internal: the engine would drop what a host on them sends to an address elsewhere, before any firewall sees it.
    { name: lanNetwork, internal: false, ipv6: true, routed: true, apart: true },
    { name: outsideNetwork, internal: false, ipv6: true, routed: true, apart: true },
  ];
}

/** The networks of the deployment's services. The default route of one that is not internal leads to the gateway host. */
export function serviceNetworkPlans(deployment: Deployment): NetworkPlan[] {
  const names = new Set<string>();
  const { litellm, traefik } = deployment;
  // A service on the host's own network has none, and only LiteLLM and Traefik run all the same.
  const joining = [...deployment.compose.services.values()].filter(
    (service) => service.networkMode === undefined || service.key === litellm.key || service.key === traefik?.key,
  );
  for (const service of joining) for (const name of networksOf(service).keys()) names.add(name);
  return [...names].map((name) => {
    const { internal = false, ipv6 = false } = deployment.compose.networks.get(name) ?? {};
    return { name, internal, ipv6, routed: !internal };
  });
}

/**
 * The gateway host's interfaces, with their names from the policy and compose.yaml.
 *
 * @param networks networks of the rig by their name in the deployment
 */
export function hostInterfaces(deployment: Deployment, networks: ReadonlyMap<string, MadeNetwork>): HostInterface[] {
  const { lan, outside } = deployment.policy.firewall?.interfaces ?? { lan: "lan0", outside: "wan0" };
  const sides = new Map<string, HostInterface["side"]>([
    [lanNetwork, "lan"],
    [outsideNetwork, "outside"],
    ...serviceNetworkPlans(deployment).map(({ name, internal }) => [name, internal ? "internal" : "bridge"] as const),
  ]);
  return [...sides].flatMap(([name, side]) => {
    const network = networks.get(name);
    if (network === undefined) return [];
    if (side === "lan" || side === "outside") return { name: side === "lan" ? lan : outside, network, side };
    // Docker's own default name of a bridge.
    const bridge = deployment.compose.networks.get(name)?.bridge ?? `br-${network.id.slice(0, 12)}`;
    return { name: bridge, network, side };
  });
}

/** The first network that LiteLLM and Traefik share; LiteLLM's first network where they share none, or there is no Traefik. */
export function sharedNetwork(deployment: Deployment): string {
  const traefik = deployment.traefik === undefined ? new Map() : networksOf(deployment.traefik);
  const litellm = [...networksOf(deployment.litellm).keys()];
  const shared = litellm.find((name) => traefik.has(name)) ?? litellm[0];
  return shared ?? "default";
}

/**
 * The networks of the agent's machine: the LAN, or Traefik's network where the policy says so; and one of each service that Codex
 * calls on the gateway's host.
 */
export function agentNetworks(deployment: Deployment): string[] {
  const codex = deployment.policy.clients.find(({ kind }) => kind === "codex");
  const shared = sharedNetwork(deployment);
  const ofServices = movedAddresses(deployment).map(({ service }) => {
    const names = [...networksOf(service).keys()];
    return names.includes(shared) ? shared : (names[0] ?? shared);
  });
  return [...new Set([codex?.from === "traefik-network" ? shared : lanNetwork, ...ofServices])];
}
