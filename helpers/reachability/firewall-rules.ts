import { readFileSync } from "node:fs";

/** A chain of the firewall's file. */
export interface Chain {
  /** Undefined for a chain that others go to. */
  hook: string | undefined;
  /** The line of its type and policy; for a chain without a hook, its name's. */
  head: number;
  rules: readonly Rule[];
  /** What happens to a packet on which no rule decides. */
  policy: Verdict;
}

/** A rule of a chain, without its comment. */
export interface Rule {
  line: number;
  text: string;
}

type Verdict = "accept" | "deny";

/** A packet as the firewall sees it: the first one of a TCP connection, where nothing else is said. */
export interface Packet {
  /** Interfaces by which it may come in, and go out; undefined where any is possible. */
  from: readonly string[];
  to: readonly string[] | undefined;
  /** The port that the client asked for; undefined for a packet without one, and for an answer, which goes to the client's port. */
  port: number | undefined;
  family: 4 | 6;
  protocol?: "tcp" | "icmpv6";
  /** As conntrack says; neighbour discovery is untracked. */
  state?: "new" | "established" | "untracked";
}

/** The rules that a packet meets and that fit it, to the one that decides. */
export function traceOf(chains: ReadonlyMap<string, Chain>, chain: Chain, packet: Packet, depth = 0): Rule[] {
  const trace: Rule[] = [];
  for (const rule of chain.rules) {
    if (!conditionsOf(rule.text).every((one) => fits(one, packet))) continue;
    trace.push(rule);
    if (verdictOf(rule, packet) !== undefined) return trace;
    const [, how, name = ""] = /\b(goto|jump) (\w+)$/.exec(rule.text) ?? [];
    const next = chains.get(name);
    if (next === undefined || depth > 10) continue;
    const rest = traceOf(chains, next, packet, depth + 1);
    trace.push(...rest);
    if (how === "goto" || rest.some((one) => verdictOf(one, packet) !== undefined)) return trace;
  }
  return trace;
}

/** What decides: the last rule of a trace that has a verdict or leads elsewhere, else the chain's policy. */
export function lastOf(trace: readonly Rule[], { head }: Chain, packet: Packet): Rule {
  const last = trace.findLast(
    (rule) => verdictOf(rule, packet) !== undefined || /\b(?:goto|jump) \w+$/.test(rule.text),
  );
  return last ?? { line: head, text: "" };
}

/** Whether a chain with a hook lets a packet pass. */
export function accepts(chains: ReadonlyMap<string, Chain>, base: Chain, packet: Packet): boolean {
  const verdicts = traceOf(chains, base, packet).map((rule) => verdictOf(rule, packet));
  return (verdicts.findLast((one) => one !== undefined) ?? base.policy) === "accept";
}

function verdictOf({ text }: Rule, { state = "new" }: Packet): Verdict | undefined {
  const byState = new RegExp(`\\bct state vmap \\{[^}]*\\b${state}\\s*:\\s*(accept|drop)\\b`).exec(text)?.[1];
  if (byState !== undefined) return byState === "accept" ? "accept" : "deny";
  if (/\baccept$/.test(text)) return "accept";
  return /\bdrop$|\breject\b/.test(text) ? "deny" : undefined;
}

/** Conditions of a rule that this file's reader knows. Source: nft(8). */
const condition = new RegExp(
  [
    String.raw`[io]if(?:name)? (?:"[^"]+"|\{[^}]+\}|[\w.*-]+)`,
    String.raw`(?:tcp|udp|th) dport (?:\{[^}]+\}|\S+)`,
    String.raw`ct original proto-dst (?:\{[^}]+\}|\S+)`,
    String.raw`(?:meta l4proto|ip protocol|ip6 nexthdr) (?:\{[^}]+\}|\S+)`,
    String.raw`icmp(?:v6)? type (?:\{[^}]+\}|\S+)`,
    String.raw`meta nfproto \S+`,
    String.raw`ct state (?:vmap )?(?:\{[^}]+\}|\S+)`,
    String.raw`ip6? [sd]addr \S+`,
  ]
    .map((one) => `\\b${one}`)
    .join("|"),
  "g",
);

/** The conditions of a rule that are known; what others say is not judged. */
export function conditionsOf(text: string): string[] {
  return text.match(condition) ?? [];
}

/** Whether a condition is about a port. */
export function isOfPort(text: string): boolean {
  return /dport|proto-dst/.test(text);
}

/** Whether a packet meets a condition. */
export function fits(text: string, packet: Packet): boolean {
  const { from, to, port, family, protocol = "tcp", state = "new" } = packet;
  const values = text.match(/"[^"]+"|[\w.*-]+/g)?.map((value) => value.replaceAll('"', "")) ?? [];
  if (text.startsWith("iif")) return values.some((value) => isAmong(value, from));
  if (text.startsWith("oif")) return to === undefined || values.some((value) => isAmong(value, to));
  if (isOfPort(text))
    return port !== undefined && !text.startsWith("udp") && values.some((value) => inRange(port, value));
  if (/^(?:meta l4proto|ip protocol|ip6 nexthdr)/.test(text))
    return values.some((value) => protocolNames[protocol].includes(value));
  if (text.startsWith("icmp"))
    return protocol === "icmpv6" && text.startsWith("icmpv6") && /nd-neighbor-solicit|\b135\b/.test(text);
  if (text.startsWith("meta nfproto")) return values.includes(`ipv${family}`);
  return text.startsWith("ct state") ? values.includes(state) : true;
}

/** By name and number. Source: nft(8), and the list of protocol numbers of IANA. */
const protocolNames: Readonly<Record<"tcp" | "icmpv6", readonly string[]>> = {
  tcp: ["tcp", "6"],
  icmpv6: ["ipv6-icmp", "icmpv6", "58"],
};

/** Whether a name of an interface, which may end in `*`, is that of one of several. */
function isAmong(name: string, interfaces: readonly string[]): boolean {
  return interfaces.some((one) => (name.endsWith("*") ? one.startsWith(name.slice(0, -1)) : one === name));
}

function inRange(port: number, value: string): boolean {
  const [first, last = first] = value.split("-").map(Number);
  return first !== undefined && last !== undefined && port >= first && port <= last;
}

/** The chains of a firewall's file that see packets of an IP version, by name. */
export function chainsOf(file: string, family: 4 | 6): Map<string, Chain> {
  const chains = new Map<string, Chain & { rules: Rule[] }>();
  let current: (Chain & { rules: Rule[] }) | undefined;
  let isSeen = true;
  for (const [index, written] of readFileSync(file, "utf8").split("\n").entries()) {
    const text = written.replace(/#.*/, "").trim();
    const line = index + 1;
    const table = /^(?:add )?table (?:(\w+) )?\S+ \{/.exec(text);
    // A table without a family is of IPv4. Source: nft(8), ADDRESS FAMILIES.
    if (table !== null) isSeen = ["inet", family === 4 ? "ip" : "ip6"].includes(table[1] ?? "ip");
    const name = /^chain (\w+) \{/.exec(text)?.[1];
    if (name !== undefined) {
      current = { hook: undefined, head: line, rules: [], policy: "accept" };
      if (isSeen) chains.set(name, current);
    } else if (text === "}") current = undefined;
    else if (current !== undefined && text.startsWith("type ")) {
      current.hook = /\bhook (\w+)/.exec(text)?.[1];
      current.head = line;
      current.policy = /\bpolicy drop\b/.test(text) ? "deny" : "accept";
    } else if (current !== undefined && text !== "") current.rules.push({ line, text });
  }
  return chains;
}
