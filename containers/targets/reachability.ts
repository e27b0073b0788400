import type { ActionLog, TriedConnection } from "../../helpers/checks/action-log.ts";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import type { Deployment, Policy } from "../../helpers/deployment/types.ts";
import { attemptText } from "../../helpers/reachability/failures.ts";
import { deniedSource } from "../../helpers/reachability/matrix.ts";
import {
  type Attempt,
  type ConnectionOutcome,
  type Flow,
  familyOf,
  type Site,
  type SiteAddress,
  type Sweep,
} from "../../helpers/reachability/sweep.ts";
import type { Engine } from "../engine/engine.ts";
import { readCounters, readWatch } from "../networks/gateway-host-rules.ts";
import { execute } from "../parts/container-command.ts";
import type { PartHandle } from "../parts/part.ts";
import { traefikApiPort } from "../parts/render.ts";
import { providerNetwork } from "../rigs/gateway-networks.ts";
import {
  controlPort,
  isLoopback,
  machines,
  type Namespace,
  portsOfSuite,
  readNamespace,
} from "../rigs/reachability-rig.ts";
import type { RigState } from "../rigs/rig.ts";
import { partOf } from "./parts-of-rig.ts";

/** A place with what it takes to try from there. */
interface ProbedSite extends Site {
  /** The part whose network namespace it is. */
  part: PartHandle;
  /** The part with the host's image in that namespace. */
  prober: PartHandle;
}

/** What probe.ts answers. */
interface Probed {
  names: Record<string, string[]>;
  attempts: { address: string; port: number; outcome: string }[];
}

/** Error codes of a connection, in the policy's words. */
const outcomes: Readonly<Record<string, ConnectionOutcome>> = {
  connected: "connected",
  dropped: "dropped",
  ETIMEDOUT: "dropped",
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EHOSTUNREACH: "no route",
  ENETUNREACH: "no route",
  // No IPv6 address to come from.
  EADDRNOTAVAIL: "no route",
  // IPv6's word for an administrative refusal.
  EACCES: "refused",
};

/**
 * How the probe looks names up. Of a name that it does not know the engine asks a server that no network of the rig
 * reaches: by default that takes 10 s a name, four names at a time. A name that it knows it answers at once.
 */
const lookUps = {
  RES_OPTIONS: `timeout:${Math.ceil(deadlines.connect / 1000)} attempts:2`,
  UV_THREADPOOL_SIZE: "32",
};

/** A sweep, with all that was tried in it as a script can try it again. */
interface TriedSweep {
  sweep: Sweep;
  connections: readonly TriedConnection[];
}

/** By the containers of the rigs: the checks of a file share one sweep. */
const sweeps = new Map<string, Promise<TriedSweep>>();

/** Who reaches whom, as a check sees it. */
export class Reachability {
  readonly deployment: Deployment;
  readonly policy: Policy;
  readonly #engine: Engine;
  readonly #state: RigState;
  readonly #gateway: RigState;
  readonly #actions: ActionLog;

  constructor(options: {
    engine: Engine;
    deployment: Deployment;
    state: RigState;
    gateway: RigState;
    actions: ActionLog;
  }) {
    this.deployment = options.deployment;
    this.policy = options.deployment.policy;
    this.#engine = options.engine;
    this.#state = options.state;
    this.#gateway = options.gateway;
    this.#actions = options.actions;
  }

  /** Tries every pair of places on every port, once for all checks of a run. */
  async sweep(): Promise<Sweep> {
    const parts = [...Object.values(this.#gateway.parts), ...Object.values(this.#state.parts)];
    const key = parts.map(({ containerId }) => containerId).join(" ");
    const sweeping = sweeps.get(key) ?? this.#sweep();
    sweeps.set(key, sweeping);
    const { sweep, connections } = await sweeping;
    this.#actions.connections = connections;
    return sweep;
  }

  /** Parts that are the suite's own, and so have no place in the policy. */
  get ownParts(): string[] {
    const placed = [...Object.values(this.#gateway.services ?? {}), ...Object.values(machines)];
    return Object.keys(this.#gateway.parts).filter((part) => !placed.includes(part));
  }

  async #sweep(): Promise<TriedSweep> {
    const [sites, ports] = await this.#sites();
    const gatewayHost = partOf(this.#gateway, "gateway-host");
    const [outside, host] = [siteNamed(sites, "outside"), siteNamed(sites, "gateway-host")];
    const [before, acceptedBefore] = await Promise.all([this.#ruleset(gatewayHost), this.#accepted(outside)]);
    const sources = sites.filter((site) => site !== host);
    const [attempts, hostSelfFailures] = await Promise.all([
      Promise.all(sources.map((source) => this.#tryAll(source, sites, ports))),
      this.#tryItself(host, ports),
      this.#tryControl(host, outside),
      ...sources.map(async (site) => mustAnswer(site, await this.#tryItself(site, ports))),
    ]);
    const [after, accepted] = await Promise.all([
      this.#ruleset(gatewayHost),
      until("the sentinel counts a connection that nothing forbids", deadlines.logLine, async () => {
        const counted = await this.#accepted(outside);
        return (counted[controlPort] ?? 0) > (acceptedBefore[controlPort] ?? 0) ? counted : undefined;
      }),
    ]);
    const counters = { before: readCounters(before), after: readCounters(after) };
    const connections = [...this.#connections(sites, attempts.flat()), ...this.#unknownNames(sources)];
    const sweep = {
      sites: sites.map(({ part: _, prober: __, ...location }) => location),
      sources: sources.map(({ name }) => name),
      ports,
      attempts: attempts.flat(),
      hostSelfFailures,
      watch: readWatch(after),
      before: leaving(readWatch(before).arrived, sites),
      counted: Object.fromEntries(
        Object.entries(counters.after).map(([name, packets]) => [name, packets - (counters.before[name] ?? 0)]),
      ),
      sentinel: {
        accepted: Object.fromEntries(
          Object.entries(accepted)
            .map(([port, count]) => [port, count - (acceptedBefore[Number(port)] ?? 0)] as const)
            .filter(([, count]) => count > 0),
        ),
        control: controlPort,
      },
    };
    return { sweep, connections };
  }

  #connections(sites: readonly ProbedSite[], attempts: readonly Attempt[]): TriedConnection[] {
    const made = new Map(Object.entries(this.#gateway.networks));
    return attempts.flatMap(({ from, to, address, port, outcome }) => {
      const [{ prober }, target] = [siteNamed(sites, from), siteNamed(sites, to)];
      const network = made.get(target.addresses.find((one) => one.address === address)?.network ?? "");
      if (network === undefined) return [];
      const { rig, name: part } = target.part;
      const id = attemptText({ from, to: address, port });
      return [{ id, from: locationOf(prober), to: { rig, part, network, family: familyOf(address) }, port, outcome }];
    });
  }

  /** What the policy allows by a name that the source does not know was never tried: the name was looked up. */
  #unknownNames(sources: readonly ProbedSite[]): TriedConnection[] {
    return this.policy.reach.flatMap(({ from, to, as: name = to, ports }) => {
      const source = sources.find((site) => site.name === from);
      if (source === undefined || name === "outside" || (source.names[name] ?? []).length > 0) return [];
      return ports.map((port) => ({
        id: attemptText({ from, to: name, port }),
        from: locationOf(source.prober),
        to: { name },
        port,
        outcome: "name not found",
      }));
    });
  }

  /** Where the policy's names are, and what is tried there. */
  async #sites(): Promise<[ProbedSite[], number[]]> {
    const placed = [
      ...Object.entries(machines).map(([name, part]) => ({
        name,
        part: partOf(this.#gateway, part),
        prober: partOf(this.#gateway, part),
      })),
      ...Object.entries(this.#state.services ?? {}).map(([name, at]) => {
        const prober = partOf(this.#state, at);
        const running = this.#gateway.services?.[name];
        return { name, prober, part: running === undefined ? prober : partOf(this.#gateway, running) };
      }),
    ];
    const namespaces = await Promise.all(
      placed.map(async (site) => [site, await readNamespace(this.#engine, site.prober)] as const),
    );
    const sites = await Promise.all(
      namespaces.map(async ([site, namespace]) => {
        const { names: found } = await this.#probe(site.prober, { names: this.#namesUsedBy(site.name), targets: [] });
        const addresses = this.#addressesOf(site.part);
        const isInternal = addresses.every(({ network }) => this.deployment.compose.networks.get(network)?.internal);
        return {
          ...site,
          addresses,
          isInternal,
          listening: this.#listening(site.name, namespace, addresses),
          names: found,
        };
      }),
    );
    const ports = new Set(
      namespaces.flatMap(([, { opened, listening }]) => [
        ...opened.map(({ port }) => port),
        ...listening.filter(({ address }) => !isLoopback(address)).map(({ port }) => port),
      ]),
    );
    ports.delete(controlPort);
    ports.delete(traefikApiPort);
    return [sites, [...ports].sort((a, b) => a - b)];
  }

  /** What a place may ask for by name. No other name is looked up: one that the engine does not know costs seconds. */
  #namesUsedBy(location: string): string[] {
    const rules = this.policy.reach.filter(({ from, to, as }) => from === location && (as ?? to) !== "outside");
    return [...new Set(rules.map(({ as, to }) => as ?? to))];
  }

  /** A part's addresses on the networks of the deployment, the LAN and the outside: not on the suite's own. */
  #addressesOf(part: PartHandle): SiteAddress[] {
    return Object.entries(this.#gateway.networks)
      .filter(([network]) => network !== providerNetwork)
      .flatMap(([network, made]) =>
        [part.addresses[made], part.addresses6[made]].flatMap((address) => (address ? [{ address, network }] : [])),
      );
  }

  /** What listens at a place by itself; the suite's listeners, and the port that it moved Traefik's API to, are not its own. */
  #listening(name: string, { listening, opened }: Namespace, addresses: readonly SiteAddress[]): Site["listening"] {
    const own = listening.filter(
      (one) => !isLoopback(one.address) && !opened.some((its) => its.address === one.address && its.port === one.port),
    );
    const spread = own.flatMap(({ address, port }) =>
      addresses
        .filter(
          (its) =>
            its.address === address || address === "::" || (address === "0.0.0.0" && familyOf(its.address) === 4),
        )
        .map((its) => ({ address: its.address, port })),
    );
    if (name !== this.deployment.traefik.name) return spread;
    const api = apiPort(this.deployment);
    return [
      ...spread.filter(({ port }) => port !== traefikApiPort),
      ...(api === undefined ? [] : addresses.map(({ address }) => ({ address, port: api }))),
    ];
  }

  async #tryAll(source: ProbedSite, sites: readonly ProbedSite[], ports: readonly number[]): Promise<Attempt[]> {
    const targets = sites.filter((site) => site !== source);
    const order = targets.flatMap((target) => target.addresses.map(({ address }) => ({ target, address })));
    const { attempts } = await this.#probe(source.prober, {
      names: [],
      targets: order.map(({ address }) => [address, ports]),
    });
    const owner = new Map(order.map(({ target, address }) => [address, target.name]));
    const found = attempts.map(({ address, port, outcome }) => ({
      from: source.name,
      to: owner.get(address) ?? "",
      address,
      port,
      outcome: wordOf(outcome),
    }));
    // Hundreds at once on a busy machine: what is due an answer and got none is tried again by itself.
    const missed = found.filter((attempt) => attempt.outcome === "dropped" && this.#isDueAnAnswer(source, attempt));
    if (missed.length === 0) return found;
    const again = await this.#probe(source.prober, {
      names: [],
      targets: [...Map.groupBy(missed, ({ address }) => address)].map(
        ([address, own]) => [address, own.map(({ port }) => port)] as const,
      ),
    });
    const outcomes = new Map(again.attempts.map(({ address, port, outcome }) => [`${address} ${port}`, outcome]));
    for (const attempt of missed)
      attempt.outcome = wordOf(outcomes.get(`${attempt.address} ${attempt.port}`) ?? "dropped");
    return found;
  }

  /** Whether the policy allows it, or has it refused. From an internal network nothing gets as far as who refuses. */
  #isDueAnAnswer({ isInternal }: ProbedSite, attempt: Attempt): boolean {
    if (this.#isAllowed(attempt)) return true;
    const denial = this.policy.firewall?.denials.find(({ from }) => from === deniedSource(attempt.from));
    return denial?.by === "refuse" && !isInternal;
  }

  #isAllowed({ from, to, port }: Attempt): boolean {
    return this.policy.reach.some((rule) => rule.from === from && rule.to === to && rule.ports.includes(port));
  }

  /** What does not answer from within. */
  async #tryItself(site: ProbedSite, ports: readonly number[]): Promise<Attempt[]> {
    const standing = portsOfSuite(this.deployment, this.#gateway, site.name, ports);
    const targets = site.addresses.map(({ address }) => [address, standing] as const);
    const { attempts } = await this.#probe(site.prober, { names: [], targets });
    return attempts
      .filter(({ outcome }) => outcome !== "connected")
      .map(({ address, port, outcome }) => ({
        from: site.name,
        to: site.name,
        address,
        port,
        outcome: wordOf(outcome),
      }));
  }

  /** The sentinel counts a connection that nothing forbids: the gateway host's own. */
  async #tryControl(host: ProbedSite, outside: ProbedSite): Promise<void> {
    const targets = outside.addresses.map(({ address }) => [address, [controlPort]] as const);
    await this.#probe(host.prober, { names: [], targets });
  }

  async #accepted(site: ProbedSite): Promise<Record<number, number>> {
    const { stdout } = await execute(this.#engine, site.prober.containerId, ["cat", "/tmp/accepted"]);
    const counts: Record<number, number> = {};
    for (const port of stdout.split("\n").filter(Boolean).map(Number)) counts[port] = (counts[port] ?? 0) + 1;
    return counts;
  }

  async #ruleset(gatewayHost: PartHandle): Promise<string> {
    const command = ["sh", "-c", "nft -j list table inet watch; nft -j list table inet docker; nft -j list counters"];
    const { exitCode, stdout, stderr } = await execute(this.#engine, gatewayHost.containerId, command);
    if (exitCode !== 0) throw new Error(`the gateway host does not tell what it saw: ${stderr.trim()}`);
    const listings = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { nftables: unknown[] });
    return JSON.stringify({ nftables: listings.flatMap(({ nftables }) => nftables) });
  }

  async #probe(
    part: PartHandle,
    order: { names: readonly string[]; targets: readonly (readonly [string, readonly number[]])[] },
  ): Promise<Probed> {
    const text = JSON.stringify({ ...order, deadline: deadlines.connect });
    const { exitCode, stdout, stderr } = await execute(
      this.#engine,
      part.containerId,
      ["node", "/app/probe.ts", text],
      {
        environment: lookUps,
      },
    );
    if (exitCode !== 0) throw new Error(`the probe on ${part.name} failed: ${stderr.trim()}`);
    return JSON.parse(stdout) as Probed;
  }
}

function locationOf({ rig, name }: PartHandle): TriedConnection["from"] {
  return { rig, part: name };
}

/** @throws {Error} when a port does not answer from within: then no denial there would prove anything */
function mustAnswer({ name }: ProbedSite, silent: readonly Attempt[]): void {
  if (silent.length === 0) return;
  const list = silent.map(({ address, port, outcome }) => `${address} port ${port} (${outcome})`).join(", ");
  throw new Error(`nothing stands behind ports of ${name}: ${list}`);
}

function siteNamed(sites: readonly ProbedSite[], name: string): ProbedSite {
  const site = sites.find((one) => one.name === name);
  if (site === undefined) throw new Error(`the reach rig has no place ${name}`);
  return site;
}

function wordOf(code: string): ConnectionOutcome {
  const word = outcomes[code];
  if (word === undefined) throw new Error(`a connection ended with ${code}, which the suite does not know`);
  return word;
}

/** What services asked of an address that is nobody's on the network, or of the sentinel. */
function leaving(arrived: readonly Flow[], sites: readonly ProbedSite[]): Flow[] {
  const addressesOf = (some: readonly ProbedSite[]): Set<string> =>
    new Set(some.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  const services = addressesOf(sites.filter(({ name }) => machines[name] === undefined));
  const inside = addressesOf(sites.filter(({ name }) => name !== "outside"));
  return arrived.filter(({ source, target }) => services.has(source) && !inside.has(target));
}

/**
 * The port on which Traefik's API would listen on every network; undefined where it is off, or on the loopback. The
 * suite moves that entry point, and puts a listener in its place.
 */
function apiPort({ traefik }: Deployment): number | undefined {
  const flags = new Map(
    (traefik.command ?? []).map((argument) => {
      const [name = "", value = "true"] = argument.replace(/^--?/, "").split(/=(.*)/s);
      return [name.toLowerCase(), value] as const;
    }),
  );
  if (flags.get("api.insecure")?.toLowerCase() !== "true") return undefined;
  const [, host = "", port = "8080"] = /^(.*):(\d+)/.exec(flags.get("entrypoints.traefik.address") ?? ":8080") ?? [];
  return isLoopback(host) || host === "localhost" ? undefined : Number(port);
}
