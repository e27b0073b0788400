import { request } from "undici";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Phase } from "../../helpers/core/terminal/progress.ts";
import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import type { Leak, Repeat, RunDescriptor } from "../../helpers/run/run-record.ts";
import { withoutTimeouts } from "../../helpers/run/without-timeouts.ts";
import type { Executed, ExecuteOptions } from "../engine/command.ts";
import type { RigName, RigState } from "../rigs/rig.ts";
import type { CommandOrder, SerializedCanaries, SerializedError } from "./rig-server.ts";

/** The worker's side of the rig server. */
export class RigClient {
  readonly #server: RunDescriptor["rigServer"];

  constructor(server: RunDescriptor["rigServer"]) {
    this.#server = server;
  }

  /**
   * A rig of the run, started at the first call of any worker.
   *
   * @throws {EnvironmentError} when a part of the rig does not start
   */
  rig(name: RigName): Promise<RigState> {
    return this.#ask<RigState>("GET", `/rigs/${name}`);
  }

  /** The run's canaries. */
  async canaries(): Promise<Canaries> {
    const { secrets, ...rest } = await this.#ask<SerializedCanaries>("GET", "/canaries");
    return { ...rest, secrets: new Map(secrets) };
  }

  /**
   * Runs a command in a container of the run.
   *
   * @throws {Error} when the container does not exist or does not run
   */
  execute(container: string, command: readonly string[], options: ExecuteOptions): Promise<Executed> {
    const order: CommandOrder = { container, command, options };
    return this.#ask<Executed>("POST", "/commands", order);
  }

  /** Reports a phase that a check measured. */
  async addPhase(phase: Phase): Promise<void> {
    await this.#ask("POST", "/phases", phase);
  }

  /** Asks for a check to run alone, when every other check is over. */
  async addRepeat(repeat: Repeat): Promise<void> {
    await this.#ask("POST", "/repeats", repeat);
  }

  /** Reports secrets that came back in a response. */
  async addResponseLeaks(leaks: readonly Leak[]): Promise<void> {
    if (leaks.length > 0) await this.#ask("POST", "/response-leaks", leaks);
  }

  async #ask<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
    const response = await request(`${this.#server.url}${path}`, {
      method,
      dispatcher: withoutTimeouts,
      headers: { authorization: `Bearer ${this.#server.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.body.json();
    if (response.statusCode === 200) return answer as T;
    const { name, message, part, log, details } = answer as SerializedError;
    if (details !== undefined) throw new CheckFailure(details);
    if (name === "EnvironmentError") {
      throw new EnvironmentError(message, { ...(part === undefined ? {} : { part }), log: log ?? [] });
    }
    throw new Error(`the run's main process answered ${response.statusCode} to ${path}: ${message}`);
  }
}
