import { setTimeout as pause } from "node:timers/promises";
import { pollInterval } from "../../helpers/core/deadlines.ts";
import type { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import { imageWork } from "../images/images.ts";
import type { RigName, RigStarters, RigState, RigTools } from "./rig.ts";

/** What a rig pool works with. */
export interface RigPoolOptions extends Pick<RigTools, "startPart" | "createNetworks" | "removeOthers"> {
  starters: RigStarters;
  /** Shows the start of each rig. */
  progress: Progress;
  /**
   * Called once for each rig, when it has started or failed. Callers get the rig, or the error, once the promise has
   * resolved.
   *
   * @param failure undefined when the rig has started
   */
  onSettled?: (name: RigName, failure: Error | undefined) => Promise<void>;
}

/**
 * The rigs of one deployment: starts each rig once, shares it between all callers, and retires all of them together. Used
 * for the session of a run and for each mutant of mutation testing.
 */
export class RigPool {
  readonly #options: RigPoolOptions;
  readonly #tools: RigTools;
  readonly #rigs = new Map<RigName, Promise<RigState>>();
  readonly #started: RigState[] = [];
  /** Containers and networks that are being created now. */
  readonly #creating = new Set<Promise<unknown>>();
  /** Rejected when the pool is stopped, so that no caller waits for a rig any longer. */
  readonly #stop = Promise.withResolvers<never>();
  #stopReason: EnvironmentError | undefined;

  constructor(options: RigPoolOptions) {
    this.#options = options;
    const { removeOthers } = options;
    this.#tools = {
      startPart: (rig, plan) => this.#create(() => options.startPart(rig, plan)),
      createNetworks: (rig, plans) => this.#create(() => options.createNetworks(rig, plans)),
      ...(removeOthers && { removeOthers }),
      rig: (name) => this.rig(name),
    };
    // A pool may be stopped while nobody waits.
    this.#stop.promise.catch(() => {});
  }

  /** The rigs that have started until now. */
  get started(): readonly RigState[] {
    return this.#started;
  }

  /**
   * A rig, started at the first call. Every call gets the same one, or the same error.
   *
   * @throws {EnvironmentError} when a part does not start, and when the pool was stopped before the rig had started
   */
  rig(name: RigName): Promise<RigState> {
    const known = this.#rigs.get(name);
    if (known !== undefined) return known;
    const starting = this.#options.progress.during(`start the ${name} rig`, () => this.#start(name), {
      after: imageWork,
    });
    const settled = starting.then(
      async (state) => {
        await this.#options.onSettled?.(name, undefined);
        return state;
      },
      async (error: Error) => {
        await this.#options.onSettled?.(name, error);
        throw error;
      },
    );
    // Nobody may be waiting for it yet; everyone who does gets the error.
    settled.catch(() => {});
    this.#rigs.set(name, settled);
    return settled;
  }

  /** Starts a rig that will be needed later. Never throws: the caller that needs the rig gets the error. */
  async prepare(name: RigName): Promise<void> {
    await this.rig(name).catch(() => {});
  }

  /**
   * Every rig that was asked for, as soon as all of them have started.
   *
   * @throws {EnvironmentError} when one of them does not start
   */
  async all(): Promise<readonly RigState[]> {
    return await Promise.all(this.#rigs.values());
  }

  /** Waits until every rig that was asked for has started or failed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#rigs.values());
  }

  /**
   * Creates nothing on the engine from now on. Rigs that have not started yet fail with the reason immediately, although
   * the creation of some of their parts may still be in progress: see {@link retire}. Idempotent: the first reason stays.
   */
  stop(reason: EnvironmentError): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#stop.reject(reason);
  }

  /**
   * Removes everything after {@link stop}. A part that is being created at that time may appear after a removal, so the
   * removal is repeated until nothing is being created.
   *
   * @param remove removes everything that exists on the engine when it is called
   * @throws {Error} what `remove` throws
   */
  async retire(remove: () => Promise<void>): Promise<void> {
    for (;;) {
      const creating = [...this.#creating];
      await remove();
      if (creating.length === 0) return;
      await Promise.race([Promise.allSettled(creating), pause(pollInterval)]);
    }
  }

  async #start(name: RigName): Promise<RigState> {
    this.#throwIfStopped();
    // After the stop, parts that are being removed fail too: the race is decided by then.
    const state = await Promise.race([this.#options.starters[name](this.#tools), this.#stop.promise]);
    this.#started.push(state);
    return state;
  }

  /** @throws {EnvironmentError} when the pool was stopped */
  async #create<T>(create: () => Promise<T>): Promise<T> {
    this.#throwIfStopped();
    const creating = create();
    this.#creating.add(creating);
    try {
      return await creating;
    } finally {
      this.#creating.delete(creating);
    }
  }

  /** @throws {EnvironmentError} when the pool was stopped */
  #throwIfStopped(): void {
    if (this.#stopReason !== undefined) throw this.#stopReason;
  }
}
