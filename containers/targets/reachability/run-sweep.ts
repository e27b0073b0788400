import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import { lostConnections } from "../../../helpers/reachability/lost-connections.ts";
import { deniedSource } from "../../../helpers/reachability/matrix.ts";
import { type Attempt, type Flow, familyOf, type Sweep } from "../../../helpers/reachability/sweep.ts";
import { readCounters, readWatch } from "../../networks/gateway-host-rules.ts";
import { execute } from "../../parts/container-command.ts";
import { controlPort, machines, portsOfSuite } from "../../rigs/reachability-rig.ts";
import { type ProbeResult, probe } from "./probe.ts";
import { findSites, type ProbedSite, type ReachabilityRigs, siteNamed } from "./sites.ts";

/**
 * Tries every pair of sites on every port.
 *
 * @returns the sweep, and its sites with the parts that connections were tried from and to
 * @throws {Error} when a port does not answer from within its own site, or the gateway host cannot be read
 * @throws {DeadlineError} when the sentinel does not count the control connection
 * @throws {EnvironmentError} when the gateway host's record of the connections stays incomplete
 */
export async function runSweep(rigs: ReachabilityRigs): Promise<{ sweep: Sweep; sites: readonly ProbedSite[] }> {
  const { sites, ports } = await findSites(rigs);
  const [outside, host] = [siteNamed(sites, "outside"), siteNamed(sites, "gateway-host")];
  const [rulesBefore, acceptedBefore] = await Promise.all([readRules(rigs, host), readAccepted(rigs, outside)]);
  const sources = sites.filter((site) => site !== host);
  const [attempts, hostSelfFailures] = await Promise.all([
    Promise.all(sources.map((source) => tryAll(rigs, source, sites, ports))),
    selfFailures(rigs, host, ports),
    tryControl(rigs, host, outside),
    ...sources.map(async (site) => mustAnswer(site, await selfFailures(rigs, site, ports))),
  ]);
  const [rulesAfter, accepted] = await Promise.all([
    readCompleteRules(rigs, host, { attempts: attempts.flat(), sites }),
    until("the sentinel counts a connection that nothing forbids", deadlines.logLine, async () => {
      const counted = await readAccepted(rigs, outside);
      return (counted[controlPort] ?? 0) > (acceptedBefore[controlPort] ?? 0) ? counted : undefined;
    }),
  ]);
  const sweep: Sweep = {
    sites: sites.map(({ part: _, prober: __, ...site }) => site),
    sources: sources.map(({ name }) => name),
    ports,
    attempts: attempts.flat(),
    hostSelfFailures,
    watch: readWatch(rulesAfter),
    before: outgoing(readWatch(rulesBefore).arrived, sites),
    counted: increases(readCounters(rulesBefore), readCounters(rulesAfter)),
    sentinel: {
      accepted: Object.fromEntries(
        Object.entries(increases(acceptedBefore, accepted)).filter(([, count]) => count > 0),
      ),
      control: controlPort,
    },
  };
  return { sweep, sites };
}

async function tryAll(
  rigs: ReachabilityRigs,
  source: ProbedSite,
  sites: readonly ProbedSite[],
  ports: readonly number[],
): Promise<Attempt[]> {
  const targets = sites
    .filter((site) => site !== source)
    .flatMap(({ name, addresses }) => addresses.map(({ address }) => ({ name, address })));
  const siteOf = new Map(targets.map(({ name, address }) => [address, name]));
  const { attempts } = await probe(rigs.engine, source.prober, {
    names: [],
    targets: targets.map(({ address }) => [address, ports]),
  });
  const found = attempts.map((attempt) => ({
    ...attempt,
    from: source.name,
    to: siteOf.get(attempt.address) ?? "",
  }));
  // A busy machine may lose some of hundreds of concurrent attempts: an expected answer that is missing is tried again.
  const missing = found.filter((attempt) => attempt.outcome === "dropped" && expectsAnswer(rigs, source, attempt));
  const [again, stays] = await Promise.all([
    tryAgain(rigs, source, missing, false),
    tryAgain(
      rigs,
      source,
      found.filter((attempt) => isOnlyProxy(attempt, found)),
      true,
    ),
  ]);
  const outcomes = new Map([...again, ...stays].map((one) => [keyOf(one), one.outcome]));
  return found.map((attempt) => ({ ...attempt, outcome: outcomes.get(keyOf(attempt)) ?? attempt.outcome }));
}

async function tryAgain(
  { engine }: ReachabilityRigs,
  source: ProbedSite,
  attempts: readonly Attempt[],
  mustStay: boolean,
): Promise<ProbeResult["attempts"]> {
  if (attempts.length === 0) return [];
  const byAddress = Map.groupBy(attempts, ({ address }) => address);
  const targets = [...byAddress].map(([address, own]) => [address, own.map(({ port }) => port)] as const);
  return (await probe(engine, source.prober, { names: [], targets, mustStay })).attempts;
}

function keyOf({ address, port }: Pick<Attempt, "address" | "port">): string {
  return `${address} ${port}`;
}

/**
 * Whether a connection may have reached docker's proxy and nothing behind it. IPv4 is forwarded by NAT, so that a container
 * that does not listen refuses it; for IPv6 the proxy accepts first, and closes when the container refuses.
 */
function isOnlyProxy({ to, address, port, outcome }: Attempt, all: readonly Attempt[]): boolean {
  if (to !== "gateway-host" || familyOf(address) !== 6 || outcome !== "connected") return false;
  const ipv4 = all.filter((one) => one.to === to && one.port === port && familyOf(one.address) === 4);
  return ipv4.some((one) => one.outcome === "refused") && ipv4.every((one) => one.outcome !== "connected");
}

/** Whether the policy allows a connection, or wants it refused. From an internal network no packet reaches the firewall. */
function expectsAnswer({ deployment: { policy } }: ReachabilityRigs, source: ProbedSite, attempt: Attempt): boolean {
  const { from, to, port } = attempt;
  if (policy.reach.some((rule) => rule.from === from && rule.to === to && rule.ports.includes(port))) return true;
  const denial = policy.firewall?.denials.find((one) => one.from === deniedSource(from));
  return denial?.by === "refuse" && !source.isInternal;
}

/** The attempts of a site to connect to its own addresses that failed. */
async function selfFailures(
  { engine, deployment, gateway }: ReachabilityRigs,
  site: ProbedSite,
  ports: readonly number[],
): Promise<Attempt[]> {
  const opened = portsOfSuite(deployment, gateway, site.name, ports);
  // A replica has the site's names, and none of the suite's listeners.
  const own = [...Object.values(site.part.addresses), ...Object.values(site.part.addresses6)];
  const { attempts } = await probe(engine, site.prober, {
    names: [],
    targets: site.addresses.filter(({ address }) => own.includes(address)).map(({ address }) => [address, opened]),
  });
  return attempts
    .filter(({ outcome }) => outcome !== "connected")
    .map((attempt) => ({ ...attempt, from: site.name, to: site.name }));
}

/** @throws {Error} when a port does not answer from within the site: then a denial would prove nothing */
function mustAnswer({ name }: ProbedSite, failures: readonly Attempt[]): void {
  if (failures.length === 0) return;
  const list = failures.map(({ address, port, outcome }) => `${address} port ${port} (${outcome})`).join(", ");
  throw new Error(`the suite's listeners on ${name} do not answer: ${list}`);
}

/** A connection that nothing forbids: the gateway host's own, which the sentinel must count. */
async function tryControl({ engine }: ReachabilityRigs, host: ProbedSite, outside: ProbedSite): Promise<void> {
  const targets = outside.addresses.map(({ address }) => [address, [controlPort]] as const);
  await probe(engine, host.prober, { names: [], targets });
}

/** Number of connections that the suite's listener at a site has accepted, by port. */
async function readAccepted({ engine }: ReachabilityRigs, site: ProbedSite): Promise<Record<string, number>> {
  const { stdout } = await execute(engine, site.prober.containerId, ["cat", "/tmp/accepted"]);
  const counts: Record<string, number> = {};
  for (const port of stdout.split("\n").filter(Boolean)) counts[port] = (counts[port] ?? 0) + 1;
  return counts;
}

/** The rules of the gateway host, as soon as they list each connection that it accepted. */
async function readCompleteRules(
  rigs: ReachabilityRigs,
  host: ProbedSite,
  { attempts, sites }: { attempts: readonly Attempt[]; sites: readonly ProbedSite[] },
): Promise<string> {
  const what = "the gateway host lists each connection that it accepted";
  try {
    return await until(what, deadlines.logLine, async () => {
      const rules = await readRules(rigs, host);
      return lostConnections(attempts, readWatch(rules), sites, host.name).length === 0 ? rules : undefined;
    });
  } catch (cause) {
    throw new EnvironmentError(`${(cause as Error).message}: without them no denial can be judged; run it again`, {
      cause,
    });
  }
}

/** The rules and counters of the gateway host, as one listing of nft. */
async function readRules({ engine }: ReachabilityRigs, host: ProbedSite): Promise<string> {
  const command = ["sh", "-c", "nft -j list table inet watch; nft -j list table inet docker; nft -j list counters"];
  const { exitCode, stdout, stderr } = await execute(engine, host.part.containerId, command);
  if (exitCode !== 0) throw new Error(`the rules of the gateway host cannot be read: ${stderr.trim()}`);
  const listings = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { nftables: unknown[] });
  return JSON.stringify({ nftables: listings.flatMap(({ nftables }) => nftables) });
}

function increases(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]));
}

/** Connections of services to addresses outside of all networks, or to the sentinel. */
function outgoing(arrived: readonly Flow[], sites: readonly ProbedSite[]): Flow[] {
  const addressesOf = (some: readonly ProbedSite[]): Set<string> =>
    new Set(some.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  const services = addressesOf(sites.filter(({ name }) => machines[name] === undefined));
  const inside = addressesOf(sites.filter(({ name }) => name !== "outside"));
  return arrived.filter(({ source, target }) => services.has(source) && !inside.has(target));
}
