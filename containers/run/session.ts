import { resolve } from "node:path";
import { isCheckFailure } from "../../helpers/checks/classify.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { makeCanaries } from "../../helpers/deployment/source/canaries.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { activeGaps, type CheckIndex, type KnownGap, loadKnownGaps } from "../../helpers/requirements/known-gaps.ts";
import type { FinalCheck, Leak, Repeat, RunDescriptor } from "../../helpers/run/run-record.ts";
import { connectEngine, type Engine } from "../engine/engine.ts";
import { removeDeadRuns, removeRun } from "../engine/removal.ts";
import { newRun } from "../engine/run-labels.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { withCommandAgents } from "../parts/command-agents.ts";
import { execute } from "../parts/container-command.ts";
import { environmentTrouble } from "../parts/part-health.ts";
import { startPart } from "../parts/start-part.ts";
import type { RigName, RigResources } from "../rigs/rig.ts";
import { RigPool } from "../rigs/rig-pool.ts";
import { rigStarters } from "../rigs/rig-starters.ts";
import type { Need } from "../targets/needs.ts";
import { RigTargets, unsupportedBy } from "../targets/providers/rig-targets.ts";
import type { TargetProvider } from "../targets/providers/target-provider.ts";
import { keptPartsText } from "./kept-parts.ts";
import { serveRigs } from "./rig-server.ts";
import { RunRecorder } from "./run-recorder.ts";
import { findLeaks } from "./secret-search.ts";

/** What a session works with. */
export interface SessionOptions {
  config: RunConfig;
  /** The suite's checks, which the known gaps of the deployment refer to. */
  checks: CheckIndex;
  /** Runs the checks that come last. */
  finalChecks: (run: FinalCheckRun) => Promise<readonly FinalCheck[]>;
  /** Absolute directory of the run's files; it exists. */
  directory: string;
  suiteVersion: string;
  /** The command line's arguments. */
  arguments: readonly string[];
  progress: Progress;
}

/** What the checks of a run share. */
export interface RunSurroundings {
  engine: Engine;
  deployment: Deployment;
  /** Name to value. */
  secrets: ReadonlyMap<string, string>;
  /** Id of the run. */
  run: string;
  config: RunConfig;
}

/** What the checks that come last work with. */
export interface FinalCheckRun {
  targets: TargetProvider;
  surroundings: RunSurroundings;
  /** The known gaps of the versions that ran. */
  activeGaps(): readonly KnownGap[];
  /** The checks that are to run alone. */
  repeats: readonly Repeat[];
}

/** A run from its first check to the removal of its parts. It lives in the main process. */
export class Session {
  readonly #options: SessionOptions;
  readonly #resources: RigResources;
  readonly #pool: RigPool;
  readonly #knownGaps: readonly KnownGap[];
  readonly #recorder: RunRecorder;
  /** Secrets that came back to a check in a response. */
  readonly #responseLeaks: Leak[] = [];
  readonly #repeats: Repeat[] = [];
  #server: Awaited<ReturnType<typeof serveRigs>> | undefined;
  #ending: Promise<void> | undefined;
  #removal: Promise<void> | undefined;

  private constructor(options: SessionOptions, resources: RigResources, knownGaps: readonly KnownGap[]) {
    const { engine, run, deployment, progress } = resources;
    this.#options = options;
    this.#resources = resources;
    this.#knownGaps = knownGaps;
    this.#pool = new RigPool({
      starters: rigStarters(resources),
      progress,
      startPart: (rig, plan) => startPart(resources, rig, plan),
      createNetworks: (rig, plans) => createNetworks(engine, run, rig, plans),
      onSettled: (_, failure) => {
        // What fails because of an interruption is not a failure of its own.
        if (failure !== undefined && !isCheckFailure(failure) && !this.isInterrupted)
          this.#recorder.addFailure(failure);
        return this.#recorder.write();
      },
    });
    this.#recorder = new RunRecorder({ ...options, run, engine, deployment, rigs: () => this.#pool.started });
  }

  /**
   * Loads the deployment, connects to the engine, removes what dead runs have left, and begins to serve rigs. Starts no
   * part yet.
   *
   * @throws {DeploymentError} before anything is changed
   * @throws {EnvironmentError} when there is no engine
   */
  static async begin(options: SessionOptions): Promise<Session> {
    const { config, progress } = options;
    const folder = resolve(config.deployment);
    const { versions } = config;
    const asWritten = await loadDeployment(folder, { versions });
    const knownGaps = loadKnownGaps(folder, options.checks);
    const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
    const canaries = makeCanaries(asWritten.policy, originals, asWritten.literals);
    const [deployment, connected] = await Promise.all([
      loadDeployment(folder, { replace: canaries.secrets, versions, literals: asWritten.literals }),
      connectEngine({ progress }),
    ]);
    const engine = withCommandAgents(connected);
    const dead = await removeDeadRuns(engine);
    if (dead.length > 0) progress.line(`removed the parts of ${dead.length} dead run(s): ${dead.join(", ")}`);
    const run = newRun({ keep: config.keep });
    const images = new Images(engine, { ...config.images, progress });
    const session = new Session(options, { engine, run, images, deployment, canaries, config, progress }, knownGaps);
    await session.#serve();
    await session.#recorder.write();
    return session;
  }

  /** What the workers need to know. */
  get descriptor(): RunDescriptor {
    if (this.#server === undefined) throw new Error("the session has ended");
    const { url, token } = this.#server;
    const { run, deployment } = this.#resources;
    return {
      id: run.id,
      directory: this.#options.directory,
      deployment: deployment.folder,
      knownGaps: this.#knownGaps,
      rigServer: { url, token },
    };
  }

  /** Whether a signal has interrupted the run. */
  get isInterrupted(): boolean {
    return this.#recorder.isInterrupted;
  }

  /** Whether the deployment has what a check with these needs is about. */
  supports(needs: readonly Need[]): boolean {
    return unsupportedBy(this.#resources.deployment, needs) === undefined;
  }

  /**
   * Begins to start rigs that will be needed: the gateway rig first, because the longest check needs it, and the others when
   * it has started. Where images are missing, all at once: they are pulled and built at the same time. The check that needs a
   * rig gets the error when it fails.
   */
  prepare(names: readonly RigName[]): void {
    const gateway = names.includes("gateway") ? this.#pool.prepare("gateway") : Promise.resolve();
    void Promise.race([gateway, this.#resources.images.someMissing]).then(() => {
      if (!this.isInterrupted) for (const name of names) void this.#pool.prepare(name);
    });
  }

  /** Removes everything that the run has on the engine, or says how to reach and remove it (`KEEP=1`). Idempotent. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  /** Removes everything immediately. What fails from now on is not the gateway's fault. */
  async interrupt(signal: string): Promise<void> {
    const reason = new EnvironmentError(`the run was interrupted by ${signal}`);
    this.#recorder.addInterruption(reason);
    this.#pool.stop(reason);
    await this.#recorder.write();
    await this.#remove();
  }

  async #end(): Promise<void> {
    const { config, progress } = this.#options;
    await this.#server?.close();
    this.#server = undefined;
    await this.#pool.settled();
    this.#pool.stop(new EnvironmentError("the run is over"));
    if (config.keep) for (const line of keptPartsText(this.#resources.run, this.#pool.started)) progress.line(line);
    else await progress.during("remove the parts", () => this.#remove());
    await this.#recorder.write();
  }

  /** An interruption and the end of the run share one removal; one that failed is tried again. */
  #remove(): Promise<void> {
    const { engine, run } = this.#resources;
    this.#removal ??= this.#pool
      .retire(() => removeRun(engine, run.id))
      .catch((error: unknown) => {
        this.#removal = undefined;
        throw error;
      });
    return this.#removal;
  }

  async #serve(): Promise<void> {
    this.#server = await serveRigs({
      canaries: this.#resources.canaries,
      rig: (name) => this.#pool.rig(name),
      finalChecks: () => this.#finalChecks(),
      record: () => this.#recorder.record(),
      execute: (container, command, options) => execute(this.#resources.engine, container, command, options),
      addRepeat: (repeat) => this.#repeats.push(repeat),
      addResponseLeaks: (leaks) => this.#responseLeaks.push(...leaks),
      addPhase: (phase) => {
        this.#recorder.addPhase(phase);
        void this.#recorder.write();
      },
    });
  }

  async #finalChecks(): Promise<readonly FinalCheck[]> {
    const rigs = this.#pool.started;
    if (rigs.length === 0 || this.isInterrupted) return [];
    const { engine, deployment, canaries, run, config } = this.#resources;
    const versions = new Map(
      rigs.flatMap(({ parts }) => Object.values(parts).map(({ record }) => [record.name, record.version])),
    );
    return await this.#options.finalChecks({
      targets: new RigTargets({
        engine,
        deployment,
        canaries,
        heavyClients: config.clients === "all",
        rig: (name) => this.#pool.rig(name),
        secretSearch: { search: () => this.#leaks() },
      }),
      surroundings: { engine, deployment, secrets: canaries.secrets, run: run.id, config: this.#options.config },
      activeGaps: () => activeGaps(this.#knownGaps, versions),
      repeats: this.#repeats,
    });
  }

  async #leaks(): ReturnType<typeof findLeaks> {
    const { engine, deployment, canaries } = this.#resources;
    const rigs = this.#pool.started;
    const parts = rigs.flatMap((state) => Object.values(state.parts));
    const search = findLeaks(engine, parts, deployment, canaries.secrets, this.#options.directory);
    const found = await search.catch(async (error: unknown) => {
      throw (await environmentTrouble(engine, rigs)) ?? error;
    });
    return { ...found, leaks: [...found.leaks, ...this.#responseLeaks] };
  }
}
