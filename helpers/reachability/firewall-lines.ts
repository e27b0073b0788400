import { readFileSync } from "node:fs";
import type { Deployment, SourceLocation } from "../deployment/types.ts";
import type { Cell } from "./matrix.ts";

/** A chain of the firewall's file. */
interface Chain {
  /** Undefined for a chain that others go to. */
  hook: string | undefined;
  /** The line of its type and policy; for a chain without a hook, its name's. */
  head: number;
  rules: readonly Rule[];
}

interface Rule {
  line: number;
  text: string;
}

/** A new connection as the firewall sees it. */
interface Packet {
  /** Interfaces by which it may come in, and go out; undefined where any is possible. */
  from: readonly string[];
  to: readonly string[] | undefined;
  port: number;
  family: 4 | 6;
}

/**
 * The line of the firewall's file that decides on a connection: the rule that accepts, drops or rejects it, else the chain's
 * policy. Undefined where the policy has no firewall.
 */
export function decidingLine(cell: Cell, deployment: Deployment): SourceLocation | undefined {
  const { firewall } = deployment.policy;
  if (firewall === undefined) return undefined;
  const chains = chainsOf(firewall.file);
  const base = baseOf(chains, cell, deployment);
  const line = base && lastOf(traceOf(chains, base, packetOf(cell, deployment)), base).line;
  return line === undefined ? firewall.location : { file: firewall.file, line };
}

/**
 * The line that should have accepted a connection: the rule that drops it, else the one rule that would accept it but for one
 * of its conditions, else the end of the chain. Of several such rules, the one where the connection comes in decides.
 */
export function refusingLine(cell: Cell, deployment: Deployment): SourceLocation | undefined {
  const { firewall } = deployment.policy;
  if (firewall === undefined) return undefined;
  const chains = chainsOf(firewall.file);
  const base = baseOf(chains, cell, deployment);
  if (base === undefined) return firewall.location;
  const packet = packetOf(cell, deployment);
  const own = traceOf(chains, base, packet).filter((rule) => base.rules.includes(rule));
  const end = lastOf(own, base);
  const isMeantForIt = conditionsOf(end.text).length > 0;
  const near = base.rules.filter(
    ({ text }) => /\baccept$/.test(text) && conditionsOf(text).filter((one) => !fits(one, packet)).length === 1,
  );
  const fitting = ({ text }: Rule): number =>
    conditionsOf(text)
      .filter((one) => fits(one, packet))
      .reduce((sum, one) => sum + (one.startsWith("iifname") ? 2 : isOfPort(one) ? 1.5 : 0.5), 0);
  const [nearest] = near.toSorted((one, other) => fitting(other) - fitting(one));
  return { file: firewall.file, line: (isMeantForIt ? end : (nearest ?? end)).line };
}

/** The gateway host's interfaces to a site. */
function interfacesOf(site: string, { compose, policy }: Deployment): string[] {
  if (site === "lan" || site === "outside") return [policy.firewall?.interfaces[site] ?? ""];
  const networks = [...(compose.services.get(site)?.networks.keys() ?? [])];
  return networks.flatMap((network) => compose.networks.get(network)?.bridge ?? []);
}

function packetOf({ from, to, port, family }: Cell, deployment: Deployment): Packet {
  return {
    from: from === "gateway-host" ? ["lo"] : interfacesOf(from, deployment),
    to: to === "gateway-host" ? undefined : interfacesOf(to, deployment),
    port,
    family,
  };
}

/** Docker forwards a published port to its container; it hands it on by a program of its own over IPv6. */
function baseOf(
  chains: ReadonlyMap<string, Chain>,
  { to, port, family }: Cell,
  { compose }: Deployment,
): Chain | undefined {
  const isPublished = [...compose.services.values()].some(({ ports }) => ports.some(({ host }) => host === port));
  const hook = to === "gateway-host" && !(isPublished && family === 4) ? "input" : "forward";
  return [...chains.values()].find((chain) => chain.hook === hook);
}

/** The rules that a connection meets and that fit it, to the one that decides. */
function traceOf(chains: ReadonlyMap<string, Chain>, chain: Chain, packet: Packet, depth = 0): Rule[] {
  const trace: Rule[] = [];
  for (const rule of chain.rules) {
    if (!conditionsOf(rule.text).every((one) => fits(one, packet))) continue;
    trace.push(rule);
    if (isFinal(rule)) return trace;
    const [, how, name = ""] = /\b(goto|jump) (\w+)$/.exec(rule.text) ?? [];
    const next = chains.get(name);
    if (next === undefined || depth > 10) continue;
    const rest = traceOf(chains, next, packet, depth + 1);
    trace.push(...rest);
    if (how === "goto" || rest.some(isFinal)) return trace;
  }
  return trace;
}

/** What decides: the last rule of a trace that is final or leads elsewhere, else the chain's policy. */
function lastOf(trace: readonly Rule[], { head }: Chain): Rule {
  const last = trace.findLast((rule) => isFinal(rule) || /\b(?:goto|jump) \w+$/.test(rule.text));
  return last ?? { line: head, text: "" };
}

function isFinal({ text }: Rule): boolean {
  return /(?:\baccept|\bdrop)$|\breject\b/.test(text);
}

/** Conditions of a rule that this file's reader knows. Source: nft(8). */
const condition =
  /\b(?:[io]ifname (?:"[^"]+"|\{[^}]+\})|(?:tcp|udp|th) dport (?:\{[^}]+\}|\S+)|ct original proto-dst (?:\{[^}]+\}|\S+)|meta l4proto (?:\{[^}]+\}|\S+)|meta nfproto \S+|ct state (?:vmap )?(?:\{[^}]+\}|\S+)|ip6? [sd]addr \S+)/g;

function conditionsOf(text: string): string[] {
  return text.match(condition) ?? [];
}

function isOfPort(text: string): boolean {
  return /dport|proto-dst/.test(text);
}

function fits(text: string, { from, to, port, family }: Packet): boolean {
  const values = text.match(/"[^"]+"|[\w.-]+/g)?.map((value) => value.replaceAll('"', "")) ?? [];
  if (text.startsWith("iifname")) return values.some((value) => from.includes(value));
  if (text.startsWith("oifname")) return to === undefined || values.some((value) => to.includes(value));
  if (isOfPort(text)) return !text.startsWith("udp") && values.some((value) => inRange(port, value));
  if (text.startsWith("meta l4proto")) return values.includes("tcp") || values.includes("6");
  if (text.startsWith("meta nfproto")) return values.includes(`ipv${family}`);
  // A connection is judged by its first packet.
  return text.startsWith("ct state") ? values.includes("new") : true;
}

function inRange(port: number, value: string): boolean {
  const [first, last = first] = value.split("-").map(Number);
  return first !== undefined && last !== undefined && port >= first && port <= last;
}

function chainsOf(file: string): Map<string, Chain> {
  const chains = new Map<string, Chain & { rules: Rule[] }>();
  let current: (Chain & { rules: Rule[] }) | undefined;
  for (const [index, written] of readFileSync(file, "utf8").split("\n").entries()) {
    const text = written.replace(/#.*/, "").trim();
    const line = index + 1;
    const name = /^chain (\w+) \{/.exec(text)?.[1];
    if (name !== undefined) {
      current = { hook: undefined, head: line, rules: [] };
      chains.set(name, current);
    } else if (text === "}") current = undefined;
    else if (current !== undefined && text.startsWith("type ")) {
      current.hook = /\bhook (\w+)/.exec(text)?.[1];
      current.head = line;
    } else if (current !== undefined && text !== "") current.rules.push({ line, text });
  }
  return chains;
}
