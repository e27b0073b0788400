import type { Deployment, SourceLocation } from "../deployment/types.ts";
import {
  type Chain,
  chainsOf,
  conditionsOf,
  fits,
  isOfPort,
  lastOf,
  type Packet,
  type Rule,
  traceOf,
} from "./firewall-rules.ts";
import type { Cell } from "./matrix.ts";

/** One connection that a site tries. */
export type Connection = Pick<Cell, "from" | "to" | "port" | "family">;

/**
 * The line of the firewall's file that decides on a connection: the rule that accepts, drops or rejects it, else the chain's
 * policy. Undefined where the policy has no firewall.
 */
export function decidingLine(cell: Cell, deployment: Deployment): SourceLocation | undefined {
  const { firewall } = deployment.policy;
  if (firewall === undefined) return undefined;
  const chains = chainsSeeing(cell, firewall.file);
  const base = baseOf(chains, cell, deployment);
  const packet = packetOf(cell, deployment);
  const line = base && lastOf(traceOf(chains, base, packet), base, packet).line;
  return line === undefined ? firewall.location : { file: firewall.file, line };
}

/**
 * The line that should have accepted a connection: the rule that drops it, else the one rule that would accept it but for one
 * of its conditions, else the end of the chain. Of several such rules, the one where the connection comes in decides.
 */
export function refusingLine(cell: Cell, deployment: Deployment): SourceLocation | undefined {
  const { firewall } = deployment.policy;
  if (firewall === undefined) return undefined;
  const chains = chainsSeeing(cell, firewall.file);
  const base = baseOf(chains, cell, deployment);
  if (base === undefined) return firewall.location;
  const packet = packetOf(cell, deployment);
  const own = traceOf(chains, base, packet).filter((rule) => base.rules.includes(rule));
  const end = lastOf(own, base, packet);
  const isMeantForIt = conditionsOf(end.text).length > 0;
  const near = base.rules.filter(
    ({ text }) => /\baccept$/.test(text) && conditionsOf(text).filter((one) => !fits(one, packet)).length === 1,
  );
  const fitting = ({ text }: Rule): number =>
    conditionsOf(text)
      .filter((one) => fits(one, packet))
      .reduce((sum, one) => sum + (one.startsWith("iif") ? 2 : isOfPort(one) ? 1.5 : 0.5), 0);
  const [nearest] = near.toSorted((one, other) => fitting(other) - fitting(one));
  return { file: firewall.file, line: (isMeantForIt ? end : (nearest ?? end)).line };
}

/** The chains that see a connection; those of the other IP version where none does, because they should have. */
export function chainsSeeing({ family }: Connection, file: string): Map<string, Chain> {
  const own = chainsOf(file, family);
  return own.size > 0 ? own : chainsOf(file, family === 4 ? 6 : 4);
}

/** The gateway host's interfaces to a site. */
export function interfacesOf(site: string, { compose, policy }: Deployment): string[] {
  if (site === "lan" || site === "outside") return [policy.firewall?.interfaces[site] ?? ""];
  const networks = [...(compose.services.get(site)?.networks.keys() ?? [])];
  return networks.flatMap((network) => compose.networks.get(network)?.bridge ?? []);
}

/** The first packet of a connection, as the firewall sees it. */
export function packetOf({ from, to, port, family }: Connection, deployment: Deployment): Packet {
  return {
    from: from === "gateway-host" ? ["lo"] : interfacesOf(from, deployment),
    to: to === "gateway-host" ? undefined : interfacesOf(to, deployment),
    port,
    family,
  };
}

/** The chain that a connection meets. Docker forwards a published port to its container; it hands it on by a program of its own over IPv6. */
export function baseOf(
  chains: ReadonlyMap<string, Chain>,
  { to, port, family }: Connection,
  { compose }: Deployment,
): Chain | undefined {
  const isPublished = [...compose.services.values()].some(({ ports }) => ports.some(({ host }) => host === port));
  const hook = to === "gateway-host" && !(isPublished && family === 4) ? "input" : "forward";
  return [...chains.values()].find((chain) => chain.hook === hook);
}
