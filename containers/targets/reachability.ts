import type { ActionLog, TriedConnection } from "../../helpers/checks/action-log.ts";
import type { Deployment, Policy } from "../../helpers/deployment/types.ts";
import type { Sweep } from "../../helpers/reachability/sweep.ts";
import type { Engine } from "../engine/engine.ts";
import { machines } from "../rigs/reachability-rig.ts";
import type { RigState } from "../rigs/rig.ts";
import { runSweep } from "./reachability/run-sweep.ts";
import type { ReachabilityRigs } from "./reachability/sites.ts";
import { triedConnections } from "./reachability/tried-connections.ts";

/** A sweep, with everything that it has tried in a form that a script can repeat. */
interface RepeatableSweep {
  sweep: Sweep;
  connections: readonly TriedConnection[];
}

/** One sweep for each pair of running rigs, by their container ids: all checks of a worker share it. */
const sweeps = new Map<string, Promise<RepeatableSweep>>();

/** Who can connect to whom, as a check sees it. */
export class Reachability {
  readonly deployment: Deployment;
  readonly policy: Policy;
  readonly #rigs: ReachabilityRigs;
  readonly #actions: ActionLog;

  /**
   * @param options.state the reachability rig
   * @param options.gateway the gateway rig
   */
  constructor(options: {
    engine: Engine;
    deployment: Deployment;
    state: RigState;
    gateway: RigState;
    actions: ActionLog;
  }) {
    const { engine, deployment, state, gateway } = options;
    this.deployment = deployment;
    this.policy = deployment.policy;
    this.#rigs = { engine, deployment, gateway, reachability: state };
    this.#actions = options.actions;
  }

  /**
   * Tries every pair of sites on every port, once for all checks of a worker.
   *
   * @throws {Error} when a site cannot be probed
   */
  async sweep(): Promise<Sweep> {
    const { gateway, reachability } = this.#rigs;
    const parts = [...Object.values(gateway.parts), ...Object.values(reachability.parts)];
    const key = parts.map(({ containerId }) => containerId).join(" ");
    const sweeping = sweeps.get(key) ?? repeatableSweep(this.#rigs);
    sweeps.set(key, sweeping);
    const { sweep, connections } = await sweeping;
    this.#actions.connections = connections;
    return sweep;
  }

  /** The suite's own parts of the gateway rig, which are not sites and which the policy cannot name. */
  get ownParts(): string[] {
    const { gateway } = this.#rigs;
    const siteParts = [...Object.values(gateway.services ?? {}), ...Object.values(machines)];
    return Object.keys(gateway.parts).filter((part) => !siteParts.includes(part));
  }
}

async function repeatableSweep(rigs: ReachabilityRigs): Promise<RepeatableSweep> {
  const { sweep, sites } = await runSweep(rigs);
  return { sweep, connections: triedConnections(rigs, sweep, sites) };
}
