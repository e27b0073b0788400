import { rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pollInterval } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Phase, Progress } from "../../helpers/core/progress.ts";
import { type Canaries, makeCanaries } from "../../helpers/deployment/canaries.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { outlineOf } from "../../helpers/deployment/outline.ts";
import { loadKnownGaps } from "../../helpers/requirements/known-gaps.ts";
import type { EnvironmentFailure, Leak, RunDescriptor, RunRecord } from "../../helpers/run/run-record.ts";
import { connectEngine, type Engine } from "../engine/engine.ts";
import { newRun, type Run, removeRun, sweep } from "../engine/run-labels.ts";
import { type ImageMode, Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { startPart } from "../parts/part.ts";
import { environmentTrouble } from "../parts/part-health.ts";
import type { RigContext, RigName, RigState } from "../rigs/rig.ts";
import { rigStarters } from "../rigs/rig-starters.ts";
import { serveRigs } from "./rig-server.ts";
import { findLeaks } from "./secret-search.ts";

export interface SessionOptions {
  /** Folder of the deployment under test. */
  folder: string;
  /** Absolute directory of the run's files, which is there. */
  directory: string;
  suiteVersion: string;
  arguments: readonly string[];
  mode: ImageMode;
  /** Stands in for the public registries; see README. */
  registry: string | undefined;
  /** Leave the network up. */
  keep: boolean;
  progress: Progress;
}

/** What is there before a session is. */
type Ready = Omit<RigContext, "rig" | "startPart" | "createNetworks">;

/** A run from its first check to its removal; lives in the main process. */
export class Session {
  readonly #options: SessionOptions;
  readonly #engine: Engine;
  readonly #run: Run;
  readonly #context: RigContext;
  readonly #rigs = new Map<RigName, Promise<RigState>>();
  readonly #started: RigState[] = [];
  readonly #failures: EnvironmentFailure[] = [];
  readonly #checkPhases: Phase[] = [];
  readonly #sightings: Leak[] = [];
  readonly #startedAt = new Date().toISOString();
  #server: Awaited<ReturnType<typeof serveRigs>> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #removal: Promise<void> | undefined;
  #interruptedAt: string | undefined;
  /** Nothing is made any more. */
  #isOver = false;
  /** Containers and networks that are just being made. */
  readonly #inTheMaking = new Set<Promise<unknown>>();
  /** Rejected by an interruption: whoever waits for a rig waits no longer. */
  readonly #interruption = Promise.withResolvers<never>();

  private constructor(options: SessionOptions, engine: Engine, run: Run, context: Ready) {
    this.#options = options;
    this.#engine = engine;
    this.#run = run;
    this.#context = {
      ...context,
      startPart: (rig, plan) => this.#make(() => startPart(engine, run, rig, plan)),
      createNetworks: (rig, plans) => this.#make(() => createNetworks(engine, run, rig, plans)),
      rig: (name) => this.#rig(name),
    };
    this.#interruption.promise.catch(() => {});
  }

  /**
   * Loads the deployment, finds the engine, removes what dead runs left and begins to serve rigs. Starts no part yet.
   *
   * @throws {DeploymentError} before anything else was touched
   * @throws {EnvironmentError} when there is no engine
   */
  static async begin(options: SessionOptions): Promise<Session> {
    const asWritten = await loadDeployment(options.folder);
    loadKnownGaps(options.folder);
    const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
    const canaries = makeCanaries(asWritten.policy, originals);
    const [deployment, engine] = await Promise.all([
      loadDeployment(options.folder, { replace: canaries.secrets }),
      connectEngine({ progress: options.progress }),
    ]);
    const swept = await sweep(engine);
    if (swept.length > 0)
      options.progress.line(`removed what ${swept.length} dead run(s) had left: ${swept.join(", ")}`);
    const run = newRun({ keep: options.keep });
    const images = new Images(engine, {
      mode: options.mode,
      progress: options.progress,
      ...(options.registry === undefined ? {} : { registry: options.registry }),
    });
    const { progress } = options;
    const session = new Session(options, engine, run, {
      engine,
      run,
      images,
      deployment,
      canaries,
      progress,
    });
    await session.#serve(canaries);
    await session.#write();
    return session;
  }

  /** What the workers need to know. */
  get descriptor(): RunDescriptor {
    if (this.#server === undefined) throw new Error("the session has ended");
    const { url, token } = this.#server;
    return {
      id: this.#run.id,
      directory: this.#options.directory,
      deployment: this.#options.folder,
      rigServer: { url, token },
    };
  }

  get isInterrupted(): boolean {
    return this.#interruptedAt !== undefined;
  }

  /** Begins to start a rig that will be asked for. Who asks hears of a failure. */
  prepare(name: RigName): void {
    this.#rig(name).catch(() => {});
  }

  /** Removes everything that the run has on the engine, or says how to reach and remove it (`KEEP=1`). Idempotent. */
  end(): Promise<void> {
    this.#removal ??= this.#end();
    return this.#removal;
  }

  async #end(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
    await Promise.allSettled(this.#rigs.values());
    this.#isOver = true;
    if (this.#options.keep) this.#sayWhatIsKept();
    else await this.#options.progress.during("remove the parts", () => this.#remove());
    await this.#write();
  }

  /** Removes everything at once, whatever is going on. What fails from now on is not the gateway's fault. */
  async interrupt(signal: string): Promise<void> {
    this.#interruptedAt = new Date().toISOString();
    this.#isOver = true;
    const message = `the run was interrupted by ${signal}`;
    this.#failures.push({ part: undefined, message, log: [] });
    this.#interruption.reject(new EnvironmentError(message));
    await this.#write();
    await this.#remove();
  }

  /** A rig of which one part has failed goes on with the others: the last removal begins when nothing is being made. */
  async #remove(): Promise<void> {
    for (;;) {
      const making = [...this.#inTheMaking];
      await removeRun(this.#engine, this.#run.id);
      if (making.length === 0) return;
      await Promise.race([Promise.allSettled(making), pause(pollInterval)]);
    }
  }

  /**
   * Makes something on the engine.
   *
   * @throws {EnvironmentError} when the removal of all has begun
   */
  async #make<T>(making: () => Promise<T>): Promise<T> {
    if (this.#isOver) throw new EnvironmentError("the run is over");
    const made = making();
    this.#inTheMaking.add(made);
    try {
      return await made;
    } finally {
      this.#inTheMaking.delete(made);
    }
  }

  async #serve(canaries: Canaries): Promise<void> {
    this.#server = await serveRigs({
      canaries,
      rig: (name) => this.#rig(name),
      leaks: () => this.#leaks(),
      record: () => this.#record(),
      addResponseLeaks: (seen) => this.#sightings.push(...seen),
      addPhase: (phase) => {
        this.#checkPhases.push(phase);
        void this.#write();
      },
    });
  }

  async #leaks(): ReturnType<typeof findLeaks> {
    const { deployment, canaries } = this.#context;
    const parts = this.#started.flatMap((state) => Object.values(state.parts));
    const search = findLeaks(this.#engine, parts, deployment, canaries.secrets, this.#options.directory);
    const found = await search.catch(async (error: unknown) => {
      throw (await environmentTrouble(this.#engine, this.#started)) ?? error;
    });
    return { ...found, leaks: [...found.leaks, ...this.#sightings] };
  }

  #rig(name: RigName): Promise<RigState> {
    const known = this.#rigs.get(name);
    if (known !== undefined) return known;
    const starting = this.#context.progress
      .during(`start the ${name} rig`, () => this.#start(name))
      .finally(() => this.#write());
    this.#rigs.set(name, starting);
    return starting;
  }

  async #start(name: RigName): Promise<RigState> {
    try {
      const state = await Promise.race([rigStarters[name](this.#context), this.#interruption.promise]);
      this.#started.push(state);
      return state;
    } catch (error) {
      if (this.isInterrupted) throw new EnvironmentError("the run was interrupted", { cause: error });
      if (error instanceof EnvironmentError) {
        this.#failures.push({ part: error.part, message: error.message, log: error.log });
      } else {
        this.#failures.push({ part: undefined, message: (error as Error).message, log: [] });
      }
      throw error;
    }
  }

  #record(): RunRecord {
    return {
      id: this.#run.id,
      startedAt: this.#startedAt,
      suiteVersion: this.#options.suiteVersion,
      arguments: this.#options.arguments,
      deployment: {
        folder: relative(process.cwd(), this.#options.folder) || ".",
        digest: this.#context.deployment.digest,
        ...outlineOf(this.#context.deployment),
      },
      engine: { version: this.#engine.version, apiVersion: this.#engine.apiVersion },
      parts: this.#started.flatMap(({ parts }) => Object.values(parts).map(({ record: part }) => part)),
      changes: this.#started.flatMap(({ changes }) => changes),
      phases: [...this.#context.progress.phases, ...this.#checkPhases],
      environmentFailures: this.#failures,
      interruptedAt: this.#interruptedAt,
    };
  }

  /** Rewrites `run.json`, one writer at a time. */
  #write(): Promise<void> {
    const record = this.#record();
    const file = join(this.#options.directory, "run.json");
    this.#writing = this.#writing.then(async () => {
      try {
        // Reporters read it while checks run: never half of it.
        await writeFile(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`);
        await rename(`${file}.new`, file);
      } catch {
        // A disk that has filled up must not end the run: the report asks for the record itself, and says what it lacks.
      }
    });
    return this.#writing;
  }

  #sayWhatIsKept(): void {
    const { progress } = this.#options;
    progress.line("kept, because KEEP=1:");
    for (const { rig, parts } of this.#started) {
      for (const part of Object.values(parts)) {
        const ports = Object.entries(part.ports).map(([port, published]) => `${port} at ${part.host}:${published}`);
        progress.line(
          `  ${rig}/${part.name}: docker exec -it ${part.containerId.slice(0, 12)} sh${ports.length > 0 ? `; ${ports.join(", ")}` : ""}`,
        );
      }
    }
    const filter = `label=gateway-conformance.run=${this.#run.id}`;
    progress.line(
      `  remove it: docker rm -fv $(docker ps -aq --filter ${filter}); docker network rm $(docker network ls -q --filter ${filter})`,
    );
  }
}
