import type { Deployment, SourceLocation } from "../deployment/types.ts";
import { baseOf, type Connection, interfacesOf } from "./firewall-lines.ts";
import { accepts, type Chain, chainsOf, conditionsOf, fits, type Packet, type Rule } from "./firewall-rules.ts";

/** What a firewall denies besides the connection itself, and where. */
export interface DeniedTraffic {
  cause: string;
  location: SourceLocation;
  /** In the imperative. */
  fix: string;
}

/**
 * Why no answer comes back on a connection that the firewall lets pass: the file accepts no packet of an established connection
 * in the direction of the answer. Undefined where the file accepts it, and where the policy has no firewall.
 */
export function whyUnanswered(connection: Connection, deployment: Deployment): DeniedTraffic | undefined {
  const { firewall } = deployment.policy;
  if (firewall === undefined) return undefined;
  const { from, to, port, family } = connection;
  // Docker's proxy opens a connection of its own to the container, over IPv4.
  const isProxied = to === "gateway-host" && family === 6;
  const answerFamily = isProxied ? 4 : family;
  const chains = chainsOf(firewall.file, answerFamily);
  const base = baseOf(chains, connection, deployment);
  const publishers = [...deployment.compose.services.values()].filter(({ ports }) =>
    ports.some(({ host }) => host === port),
  );
  const answering = to === "gateway-host" ? publishers.map(({ key }) => key) : [to];
  if (base === undefined || answering.length === 0) return undefined;
  const answer: Packet = {
    from: answering.flatMap((name) => interfacesOf(name, deployment)),
    to: isProxied ? undefined : interfacesOf(from, deployment),
    port: undefined,
    family: answerFamily,
    state: "established",
  };
  if (accepts(chains, base, answer)) return undefined;
  const cause = isProxied
    ? `docker's proxy hands port ${port} on to the container, and the firewall's input chain denies the container's answers to the host`
    : "the firewall lets the connection pass, and its forward chain denies the answers";
  return {
    cause,
    location: { file: firewall.file, line: lineAbout(base, ({ text }) => /\bestablished\b/.test(text)) },
    fix: `accept packets of established connections in the ${base.hook} chain: ct state established,related accept`,
  };
}

/** As {@link whyUnanswered}, for a connection to a port of the gateway host of which the IP version is not known. */
export function whyHostUnanswered(from: string, port: number, deployment: Deployment): DeniedTraffic | undefined {
  return ([4, 6] as const)
    .flatMap((family) => whyUnanswered({ from, to: "gateway-host", port, family }, deployment) ?? [])
    .at(0);
}

/**
 * Why an IPv6 connection does not arrive at the gateway host: its input chain denies ICMPv6, by which a source finds the host's
 * address on its network. Undefined for IPv4, and where the file accepts it.
 */
export function whyNotFound({ from, family }: Connection, deployment: Deployment): DeniedTraffic | undefined {
  const { firewall } = deployment.policy;
  if (firewall === undefined || family === 4) return undefined;
  const chains = chainsOf(firewall.file, family);
  const base = inputOf(chains);
  const solicitation: Packet = {
    from: interfacesOf(from, deployment),
    to: undefined,
    port: undefined,
    family,
    protocol: "icmpv6",
    state: "untracked",
  };
  if (base === undefined || accepts(chains, base, solicitation)) return undefined;
  return {
    cause:
      "the firewall's input chain denies ICMPv6, by which the source finds the gateway host's IPv6 address (neighbour discovery)",
    location: { file: firewall.file, line: lineAbout(base, ({ text }) => /icmp/.test(text)) },
    fix: "accept ICMPv6 in the input chain: meta l4proto ipv6-icmp accept",
  };
}

/** The line of the input chain that decides what the gateway host sends to itself: the rule of the interface lo, else the chain's head. */
export function loopbackLine(family: 4 | 6, deployment: Deployment): SourceLocation | undefined {
  const { firewall } = deployment.policy;
  if (firewall === undefined) return undefined;
  const base = inputOf(chainsOf(firewall.file, family));
  if (base === undefined) return firewall.location;
  const packet: Packet = { from: ["lo"], to: undefined, port: undefined, family };
  const isOfLoopback = ({ text }: Rule): boolean =>
    conditionsOf(text).some((one) => one.startsWith("iif") && fits(one, packet));
  return { file: firewall.file, line: lineAbout(base, isOfLoopback) };
}

function inputOf(chains: ReadonlyMap<string, Chain>): Chain | undefined {
  return [...chains.values()].find(({ hook }) => hook === "input");
}

/** The line of the first rule of a chain that is about something, else that of the chain's policy. */
function lineAbout({ rules, head }: Chain, isAbout: (rule: Rule) => boolean): number {
  return (rules.find(isAbout) ?? { line: head }).line;
}
