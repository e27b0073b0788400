import type { DeniedSource, Policy, ReachRule } from "../deployment/types.ts";
import {
  type ConnectionFate,
  type ConnectionOutcome,
  type Flow,
  familyOf,
  type Site,
  type SiteAddress,
  type Sweep,
} from "./sweep.ts";

/** The result for one port of one pair of sites, in one IP version. */
export interface Cell {
  from: string;
  to: string;
  port: number;
  family: 4 | 6;
  /** The policy's rule that allows it; undefined when the policy denies it. */
  rule: ReachRule | undefined;
  /** The address that decided the verdict; empty when a name resolved to none. */
  address: string;
  /** How the attempt to connect to that address ended. */
  outcome: ConnectionOutcome;
  /**
   * - `allowed`: connects, and the policy allows it
   * - `denied`: does not connect, and the policy denies it
   * - `open`: connects, although the policy denies it
   * - `blocked`: does not connect, although the policy allows it
   * - `closed`: the two share a network, the policy allows some port between them, and nothing listens on this one
   */
  verdict: "allowed" | "denied" | "closed" | "open" | "blocked";
  /** What happened to the attempt at the gateway host. */
  fate: ConnectionFate;
  /** A network of the deployment that both sites are on. */
  shared: string | undefined;
}

/**
 * Compares every port of every pair of sites with the policy's `reach`, and with nothing else. Where the policy has no firewall,
 * what nothing but a firewall could deny is left out.
 *
 * @throws {Error} when the sweep names a source that is not one of its sites
 */
export function judge(policy: Policy, sweep: Sweep): Cell[] {
  const sites = new Map(sweep.sites.map((site) => [site.name, site]));
  const watched = new WatchedConnections(sweep);
  const outcomes = new Map(
    sweep.attempts.map(({ from, address, port, outcome }) => [`${from} ${address} ${port}`, outcome]),
  );
  const cells: Cell[] = [];
  for (const from of sweep.sources) {
    const source = sites.get(from);
    if (source === undefined) throw new Error(`the sweep has no site named ${from}`);
    for (const target of sweep.sites) {
      if (target === source) continue;
      const rules = policy.reach.filter((rule) => rule.from === from && rule.to === target.name);
      for (const port of sweep.ports) {
        const rule = rules.find(({ ports }) => ports.includes(port));
        if (rule === undefined && policy.firewall === undefined && onlyFirewallDenies(policy, source, target, port))
          continue;
        for (const family of [4, 6] as const) {
          const tried = addressesToJudge(source, target, rule, family);
          if (tried === undefined) continue;
          const attempts = tried.map((address) => {
            const outcome: ConnectionOutcome = outcomes.get(`${from} ${address.address} ${port}`) ?? "name not found";
            const shared = sharedNetwork(source, target, address);
            const fate = watched.fate(source, address.address, port);
            // Docker keeps a connection from an internal network inside: it does not arrive at the gateway host.
            const isKept = fate === "not-seen" && outcome !== "connected" && source.isInternal && shared === undefined;
            return { address, outcome, shared, fate: isKept ? ("kept-inside" as const) : fate };
          });
          // Without a firewall a shared network is what the deployment means: only what really listens there is judged.
          const mayTalk = rules.length > 0 || policy.firewall === undefined;
          cells.push(...decide({ from, to: target.name, port, family, rule }, attempts, target, mayTalk));
        }
      }
    }
  }
  return cells;
}

/**
 * Whether docker lets a connection through whatever the deployment says: out of a network that is not internal, to the
 * gateway host's own programs, and to a port that is published on it. That port is open to the LAN and to the outside
 * alike: it is judged for a source of which the policy says something, and for the LAN where the outside may not use it.
 */
function onlyFirewallDenies({ reach }: Policy, source: Site, target: Site, port: number): boolean {
  if (target.name === "lan" || target.name === "outside") return !source.isInternal;
  if (target.name !== "gateway-host") return false;
  const isPublished = target.listening.some((one) => one.port === port);
  if (!isPublished || deniedSource(source.name) === "services") return true;
  const rulesFrom = (from: string): ReachRule[] =>
    reach.filter((rule) => rule.from === from && rule.to === target.name);
  if (rulesFrom(source.name).length === 0) return true;
  return source.name === "lan" && rulesFrom("outside").some(({ ports }) => ports.includes(port));
}

interface Tried {
  address: SiteAddress;
  outcome: ConnectionOutcome;
  shared: string | undefined;
  fate: ConnectionFate;
}

type Question = Pick<Cell, "from" | "to" | "port" | "family" | "rule">;

/** An address that fails decides where the policy allows the connection; one that connects, where it denies it. */
function decide(question: Question, attempts: readonly Tried[], target: Site, mayTalk: boolean): Cell[] {
  const cell = ({ address, outcome, fate, shared }: Tried, verdict: Cell["verdict"]): Cell[] => [
    { ...question, address: address.address, outcome, fate, shared, verdict },
  ];
  const [first] = attempts;
  if (first === undefined) {
    const unknown = { address: { address: "", network: "" }, outcome: "name not found", shared: undefined } as const;
    return question.rule === undefined ? [] : cell({ ...unknown, fate: "not-seen" }, "blocked");
  }
  if (question.rule !== undefined) {
    const failed = attempts.find(({ outcome }) => outcome !== "connected");
    return failed === undefined ? cell(first, "allowed") : cell(failed, "blocked");
  }
  // Docker filters no port on a shared network: where the policy allows any port, only ports with a listener count.
  const ownPort = ({ address }: Tried): boolean =>
    target.listening.some((one) => one.address === address.address && one.port === question.port);
  const isClosed = (one: Tried): boolean => one.shared !== undefined && mayTalk && !ownPort(one);
  const judged = attempts.filter((one) => !isClosed(one));
  const open = judged.find(({ outcome }) => outcome === "connected");
  if (open !== undefined) return cell(open, "open");
  const [denied] = judged;
  return denied === undefined ? cell(first, "closed") : judged.flatMap((one) => cell(one, "denied"));
}

/**
 * The addresses that the name resolves to where the policy allows the connection, every address of the target where it
 * denies it; undefined when there is nothing to judge.
 */
function addressesToJudge(
  source: Site,
  target: Site,
  rule: ReachRule | undefined,
  family: 4 | 6,
): SiteAddress[] | undefined {
  const all = target.addresses.filter(({ address }) => familyOf(address) === family);
  // A source without an address in this family cannot connect: an allowed connection is not expected, a denied one is
  // tried.
  const has = source.addresses.some(({ address }) => familyOf(address) === family);
  if (rule !== undefined && !has) return undefined;
  if (rule === undefined) return all.length === 0 ? undefined : all;
  // The site `outside` has no name on the network.
  if (target.name === "outside" && rule.as === undefined) return all.length === 0 ? undefined : all;
  const named = source.names[rule.as ?? target.name] ?? [];
  const found = named.filter((address) => familyOf(address) === family);
  if (found.length === 0) return family === 4 ? [] : undefined;
  return found.map((address) => all.find((one) => one.address === address) ?? { address, network: "" });
}

/** None for the gateway host: it is on every network, behind its firewall on each. */
function sharedNetwork(source: Site, target: Site, { network }: SiteAddress): string | undefined {
  if (target.name === "gateway-host") return undefined;
  const own = source.addresses.some((one) => one.network === network);
  return own && network !== "" ? network : undefined;
}

/** The connections that the gateway host saw, for lookup. */
class WatchedConnections {
  readonly #arrived: Set<string>;
  readonly #passed: Set<string>;
  readonly #isolated: Set<string>;

  constructor({ watch }: Sweep) {
    const keys = (flows: readonly Flow[]): Set<string> =>
      new Set(flows.map(({ source, target, port }) => `${source} ${target} ${port}`));
    this.#arrived = keys(watch.arrived);
    this.#passed = keys(watch.passed);
    this.#isolated = keys(watch.isolated);
  }

  fate(source: Site, target: string, port: number): ConnectionFate {
    const seen = (among: Set<string>): boolean =>
      source.addresses.some(({ address }) => among.has(`${address} ${target} ${port}`));
    if (!seen(this.#arrived)) return "not-seen";
    if (seen(this.#isolated)) return "dropped-by-docker";
    return seen(this.#passed) ? "passed" : "denied-by-firewall";
  }
}

/** The policy's name for a source of denied connections: every service is one of `services`. */
export function deniedSource(from: string): DeniedSource {
  return from === "lan" || from === "outside" ? from : "services";
}

/**
 * The sites in the order in which a reader looks for them: external sources first, and the gateway host as first
 * target.
 */
export function axes(cells: readonly Cell[]): { sources: string[]; targets: string[] } {
  const external = ["lan", "outside"];
  const sites = [...new Set(cells.flatMap(({ from, to }) => [from, to]))];
  const services = sites.filter((name) => !external.includes(name) && name !== "gateway-host");
  const [sources, targets] = [new Set(cells.map(({ from }) => from)), new Set(cells.map(({ to }) => to))];
  return {
    sources: [...external, ...services].filter((name) => sources.has(name)),
    targets: ["gateway-host", ...services, ...external].filter((name) => targets.has(name)),
  };
}
