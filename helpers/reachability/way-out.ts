import { readFileSync } from "node:fs";
import type { Deployment } from "../deployment/types.ts";
import { accepts, chainsOf } from "./firewall-rules.ts";
import type { Cell } from "./matrix.ts";

/** The one network by which the firewall lets other services out that the policy allows to, where a source is on it too. */
export function networkOfOthers(from: string, deployment: Deployment): string | undefined {
  const { compose, policy } = deployment;
  const allowed = policy.reach.filter((rule) => rule.to === "outside" && rule.from !== from);
  const networks = new Set(allowed.flatMap((rule) => networksOut(rule.from, deployment)));
  const [network] = networks;
  if (network === undefined || networks.size > 1) return undefined;
  return compose.services.get(from)?.networks.has(network) ? network : undefined;
}

/** The networks of a service from whose interfaces the firewall accepts connections to the outside. */
export function networksOut(name: string, { compose, policy }: Deployment): string[] {
  const { firewall } = policy;
  return [...(compose.services.get(name)?.networks.keys() ?? [])].filter((network) => {
    const bridge = compose.networks.get(network)?.bridge;
    if (firewall === undefined || bridge === undefined) return false;
    const { outside } = firewall.interfaces;
    return hasLine(firewall.file, new RegExp(`iifname.*\\b${bridge}\\b.*oifname.*\\b${outside}\\b.*accept`));
  });
}

/** The network by which docker routes what leaves a service: the first by name that is not internal. */
export function defaultNetwork(name: string, { compose }: Deployment): string | undefined {
  const own = [...(compose.services.get(name)?.networks.keys() ?? [])];
  return own.filter((network) => compose.networks.get(network)?.internal === false).toSorted()[0];
}

/** The one network out of which the firewall accepts a connection, where no service that the policy allows it to is on the network. */
export function networkWithoutUser({ port }: Cell, deployment: Deployment): string | undefined {
  const { compose, policy } = deployment;
  const users = policy.reach.flatMap(({ from, to, ports }) => (to === "outside" && ports.includes(port) ? from : []));
  const open = [...compose.networks.keys()].filter((network) => acceptsOut(network, port, deployment));
  const [only] = open;
  if (only === undefined || open.length > 1) return undefined;
  return users.some((name) => compose.services.get(name)?.networks.has(only)) ? undefined : only;
}

/** Whether the firewall lets a connection to a port outside pass from a network of the compose files. */
function acceptsOut(network: string, port: number, { compose, policy }: Deployment): boolean {
  const bridge = compose.networks.get(network)?.bridge;
  if (policy.firewall === undefined || bridge === undefined) return false;
  const chains = chainsOf(policy.firewall.file, 4);
  const base = [...chains.values()].find(({ hook }) => hook === "forward");
  const packet = { from: [bridge], to: [policy.firewall.interfaces.outside], port, family: 4 } as const;
  return base !== undefined && accepts(chains, base, packet);
}

/** Whether a line of a file matches, without its comment. */
function hasLine(file: string, pattern: RegExp): boolean {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.some((line) => pattern.test(line.replace(/#.*/, "")));
}
