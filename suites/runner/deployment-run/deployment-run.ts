import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../../containers/engine/engine.ts";
import type { Images } from "../../../containers/images/images.ts";
import { environmentTrouble } from "../../../containers/parts/part-health.ts";
import type { RigName } from "../../../containers/rigs/rig.ts";
import { RigPool } from "../../../containers/rigs/rig-pool.ts";
import { rigStarters } from "../../../containers/rigs/rig-starters.ts";
import { findLeaks } from "../../../containers/run/secret-search.ts";
import type { SecretSearch } from "../../../containers/targets/needs.ts";
import { RigTargets } from "../../../containers/targets/providers/rig-targets.ts";
import { atMost } from "../../../helpers/core/at-most.ts";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import type { RunConfig } from "../../../helpers/core/run-config.ts";
import { Progress } from "../../../helpers/core/terminal/progress.ts";
import type { Canaries } from "../../../helpers/deployment/source/canaries.ts";
import type { Deployment, Policy } from "../../../helpers/deployment/types.ts";
import type { Address } from "../../../helpers/protocol/address.ts";
import { executeCheck } from "../execute-check.ts";
import { isFinal, type LoadedCheck } from "../load-checks.ts";
import type { CheckRun } from "./check-run.ts";
import { MemoryObserver } from "./memory-observer.ts";
import type { PartKeeper } from "./part-keeper.ts";

/** Prints nothing: a rig is started for every other deployment. */
const silent = new Progress({ write: () => true });

/** What running the checks on one deployment takes. */
export interface DeploymentRunOptions {
  engine: Engine;
  images: Images;
  config: RunConfig;
  keeper: PartKeeper;
  /** Loaded with the canaries in place of its secrets. */
  deployment: Deployment;
  canaries: Canaries;
  /** See {@link PartResources.registered}. */
  registered?: Pick<Policy, "identities" | "upstreams">;
}

/** One deployment, mutated or not, on the parts of one worker: runs checks on it. */
export class DeploymentRun implements Disposable {
  readonly #options: DeploymentRunOptions;
  readonly #pool: RigPool;
  readonly #targets: RigTargets;
  readonly #observer: MemoryObserver;
  /** In the place of a run's directory; nothing is written into it. */
  readonly #directory = mkdtempSync(join(tmpdir(), "deployment-run-"));

  constructor(options: DeploymentRunOptions) {
    const { engine, images, config, keeper, deployment, canaries, registered } = options;
    this.#options = options;
    this.#observer = new MemoryObserver(canaries.secrets);
    this.#pool = new RigPool({
      starters: rigStarters({
        ...{ engine, run: keeper.run, images, deployment, canaries, config, progress: silent },
        ...(registered === undefined ? {} : { registered }),
      }),
      progress: silent,
      startPart: (rig, plan) => keeper.startPart(rig, plan),
      createNetworks: (rig, plans) => keeper.createNetworks(rig, plans),
      removeOthers: (rig, names) => keeper.removeOthers(rig, names),
    });
    this.#targets = this.#targetsBehind((gateway) => gateway);
  }

  #targetsBehind(inFront: (gateway: Address) => Address): RigTargets {
    const { engine, deployment, canaries, config } = this.#options;
    return new RigTargets({
      engine,
      deployment,
      canaries,
      inFront,
      heavyClients: config.clients === "all",
      rig: (name) => this.#pool.rig(name),
      secretSearch: { search: () => this.#searchSecrets() },
    });
  }

  /** A rig that failed may go on to start its other parts: not on parts that belong to the next deployment by then. */
  [Symbol.dispose](): void {
    this.#pool.stop(new EnvironmentError("the checks of this deployment are over"));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Starts a rig before the first check needs it. Never throws: the check that needs the rig gets the error. */
  async prepare(rig: RigName): Promise<void> {
    await this.#pool.prepare(rig);
  }

  /** Runs one check. Never throws for what the check finds, or for a part that does not start. */
  async run(check: LoadedCheck): Promise<CheckRun> {
    return await this.#runOn(this.#targets, check);
  }

  /**
   * Runs checks with something between them and the gateway. What the checks of a deployment share is done again.
   *
   * @param inFront the address to call in the place of the gateway's
   */
  async runBehind(inFront: (gateway: Address) => Address, checks: readonly LoadedCheck[]): Promise<CheckRun[]> {
    const targets = this.#targetsBehind(inFront);
    return await atMost(2, checks, (check) => this.#runOn(targets, check));
  }

  async #runOn(targets: RigTargets, check: LoadedCheck): Promise<CheckRun> {
    const record = await executeCheck(check, {
      targets,
      secrets: this.#options.canaries.secrets,
      // Callers want to see every failure; what is known of the unmodified deployment is theirs to compare.
      activeGaps: () => [],
      observer: this.#observer,
      whenStarved: "judge",
    });
    return { check, record };
  }

  /**
   * Runs checks as a run does: some concurrently, then those that run alone, then the final ones.
   *
   * @param goesOn asked after each check; after a false no other check is begun
   */
  async runAll(
    checks: readonly LoadedCheck[],
    concurrency: number,
    goesOn: (run: CheckRun) => boolean = () => true,
  ): Promise<CheckRun[]> {
    const {
      final = [],
      alone = [],
      others = [],
    } = Object.groupBy(checks, (check) => (isFinal(check.file) ? "final" : check.alone ? "alone" : "others"));
    const runs: CheckRun[] = [];
    let isOver = false;
    const runOne = async (check: LoadedCheck): Promise<void> => {
      const run = await this.run(check);
      runs.push(run);
      if (!goesOn(run)) isOver = true;
    };
    const runNext = async (): Promise<void> => {
      for (let check = others.shift(); check !== undefined && !isOver; check = others.shift()) await runOne(check);
    };
    await Promise.all(Array.from({ length: concurrency }, runNext));
    for (const check of [...alone, ...final]) if (!isOver) await runOne(check);
    return runs;
  }

  async #searchSecrets(): ReturnType<SecretSearch["search"]> {
    const { engine, deployment, canaries } = this.#options;
    const rigs = await this.#pool.all();
    const parts = rigs.flatMap((state) => Object.values(state.parts));
    const search = findLeaks(engine, parts, deployment, canaries.secrets, this.#directory);
    const found = await search.catch(async (error: unknown) => {
      throw (await environmentTrouble(engine, rigs)) ?? error;
    });
    return { ...found, leaks: [...found.leaks, ...this.#observer.responseLeaks] };
  }
}
