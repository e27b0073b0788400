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

/** What became of one port of one pair of places, by one family of addresses. */
export interface Cell {
  from: string;
  to: string;
  port: number;
  family: 4 | 6;
  /** The rule that allows it; undefined where the policy denies it. */
  rule: ReachRule | undefined;
  /** The address that decided, and how the attempt there ended. */
  address: string;
  outcome: ConnectionOutcome;
  /**
   * What the outcome says: as the policy means it (`allowed`, `denied`), against it (`open`, `shut`), or `closed`:
   * the two share a network on which the policy lets them talk, and nothing listens on this port.
   */
  verdict: "allowed" | "denied" | "closed" | "open" | "shut";
  /** Who denied it. */
  fate: ConnectionFate;
  /** A network of the deployment that both are on. */
  shared: string | undefined;
}

/** Judges every port of every pair by the policy's `reach` alone. */
export function judge(policy: Policy, sweep: Sweep): Cell[] {
  const sites = new Map(sweep.sites.map((location) => [location.name, location]));
  const watch = new Watched(sweep);
  const outcomes = new Map(
    sweep.attempts.map(({ from, address, port, outcome }) => [`${from} ${address} ${port}`, outcome]),
  );
  const cells: Cell[] = [];
  for (const from of sweep.sources) {
    const source = sites.get(from);
    if (source === undefined) throw new Error(`nothing is known of the place ${from}`);
    for (const target of sweep.sites) {
      if (target === source) continue;
      const rules = policy.reach.filter((rule) => rule.from === from && rule.to === target.name);
      for (const port of sweep.ports) {
        const rule = rules.find(({ ports }) => ports.includes(port));
        for (const family of [4, 6] as const) {
          const tried = addressesToJudge(source, target, rule, family);
          if (tried === undefined) continue;
          const attempts = tried.map((address) => {
            const outcome: ConnectionOutcome = outcomes.get(`${from} ${address.address} ${port}`) ?? "name not found";
            const shared = sharedNetwork(source, target, address);
            const fate = watch.fate(source, address.address, port);
            // An internal network of the engine's own: what would leave it never comes as far as the gateway host.
            const isKept = fate === "unseen" && outcome !== "connected" && source.isInternal && shared === undefined;
            return { address, outcome, shared, fate: isKept ? ("kept" as const) : fate };
          });
          cells.push(...decide({ from, to: target.name, port, family, rule }, attempts, target, rules.length > 0));
        }
      }
    }
  }
  return cells;
}

interface Tried {
  address: SiteAddress;
  outcome: ConnectionOutcome;
  shared: string | undefined;
  fate: ConnectionFate;
}

type Question = Pick<Cell, "from" | "to" | "port" | "family" | "rule">;

/** Of what is allowed the address that failed decides, of what is denied the one that did not. */
function decide(question: Question, attempts: readonly Tried[], target: Site, talk: boolean): Cell[] {
  const cell = ({ address, outcome, fate, shared }: Tried, verdict: Cell["verdict"]): Cell[] => [
    { ...question, address: address.address, outcome, fate, shared, verdict },
  ];
  const [first] = attempts;
  if (first === undefined) {
    const unknown = { address: { address: "", network: "" }, outcome: "name not found", shared: undefined } as const;
    return question.rule === undefined ? [] : cell({ ...unknown, fate: "unseen" }, "shut");
  }
  if (question.rule !== undefined) {
    const failed = attempts.find(({ outcome }) => outcome !== "connected");
    return failed === undefined ? cell(first, "allowed") : cell(failed, "shut");
  }
  // On a shared network every port is open: where the two may talk at all, what counts is what listens.
  const ownPort = ({ address }: Tried): boolean =>
    target.listening.some((one) => one.address === address.address && one.port === question.port);
  const isClosed = (one: Tried): boolean => one.shared !== undefined && talk && !ownPort(one);
  const judged = attempts.filter((one) => !isClosed(one));
  const open = judged.find(({ outcome }) => outcome === "connected");
  if (open !== undefined) return cell(open, "open");
  const [denied] = judged;
  return denied === undefined ? cell(first, "closed") : judged.flatMap((one) => cell(one, "denied"));
}

/** By name where the policy allows it, by every address where it does not; undefined where there is nothing to judge. */
function addressesToJudge(
  source: Site,
  target: Site,
  rule: ReachRule | undefined,
  family: 4 | 6,
): SiteAddress[] | undefined {
  const all = target.addresses.filter(({ address }) => familyOf(address) === family);
  // Without an address of its own nothing can be asked for; that it gets nowhere is tried all the same.
  const has = source.addresses.some(({ address }) => familyOf(address) === family);
  if (rule !== undefined && !has) return undefined;
  if (rule === undefined) return all.length === 0 ? undefined : all;
  // The outside has no name on the network.
  if (target.name === "outside" && rule.as === undefined) return all.length === 0 ? undefined : all;
  const named = source.names[rule.as ?? target.name] ?? [];
  const found = named.filter((address) => familyOf(address) === family);
  if (found.length === 0) return family === 4 ? [] : undefined;
  return found.map((address) => all.find((one) => one.address === address) ?? { address, network: "" });
}

/** The gateway host is on every network, and its firewall is before it on each. */
function sharedNetwork(source: Site, target: Site, { network }: SiteAddress): string | undefined {
  if (target.name === "gateway-host") return undefined;
  const own = source.addresses.some((one) => one.network === network);
  return own && network !== "" ? network : undefined;
}

/** Looks connections up among those that the gateway host has seen. */
class Watched {
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
    if (!seen(this.#arrived)) return "unseen";
    if (seen(this.#isolated)) return "isolated";
    return seen(this.#passed) ? "let through" : "denied";
  }
}

/** Whose denial it is in the policy's words. */
export function deniedSource(from: string): DeniedSource {
  return from === "lan" || from === "outside" ? from : "services";
}

/** The places in the order in which a reader looks for them: who comes from without first, what they come to first. */
export function axes(cells: readonly Cell[]): { sources: string[]; targets: string[] } {
  const without = ["lan", "outside"];
  const sites = [...new Set(cells.flatMap(({ from, to }) => [from, to]))];
  const services = sites.filter((name) => !without.includes(name) && name !== "gateway-host");
  const [sources, targets] = [new Set(cells.map(({ from }) => from)), new Set(cells.map(({ to }) => to))];
  return {
    sources: [...without, ...services].filter((name) => sources.has(name)),
    targets: ["gateway-host", ...services, ...without].filter((name) => targets.has(name)),
  };
}
