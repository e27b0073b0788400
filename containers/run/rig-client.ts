import { Agent, request } from "undici";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Phase } from "../../helpers/core/terminal/progress.ts";
import type { Canaries } from "../../helpers/deployment/canaries.ts";
import type { Leak, RunDescriptor } from "../../helpers/run/run-record.ts";
import type { RigName, RigState } from "../rigs/rig.ts";
import type { CanariesOnTheWire, ErrorOnTheWire } from "./rig-server.ts";

/** A rig may be building images first: the main process bounds each of its steps, so the wait itself has no bound. */
const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 });

/** The worker's side of the rig server. */
export class RigClient {
  readonly #server: RunDescriptor["rigServer"];

  constructor(server: RunDescriptor["rigServer"]) {
    this.#server = server;
  }

  /** @throws {EnvironmentError} when a part of the rig does not start */
  rig(name: RigName): Promise<RigState> {
    return this.#ask<RigState>("GET", `/rigs/${name}`);
  }

  async canaries(): Promise<Canaries> {
    const { secrets, ...rest } = await this.#ask<CanariesOnTheWire>("GET", "/canaries");
    return { ...rest, secrets: new Map(secrets) };
  }

  async addPhase(phase: Phase): Promise<void> {
    await this.#ask("POST", "/phases", phase);
  }

  /** Tells of secrets that came back in a response. */
  async addResponseLeaks(seen: readonly Leak[]): Promise<void> {
    if (seen.length > 0) await this.#ask("POST", "/sightings", seen);
  }

  async #ask<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
    const response = await request(`${this.#server.url}${path}`, {
      method,
      dispatcher: patient,
      headers: { authorization: `Bearer ${this.#server.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.body.json();
    if (response.statusCode === 200) return answer as T;
    const { name, message, part, log } = answer as ErrorOnTheWire;
    if (name === "EnvironmentError") {
      throw new EnvironmentError(message, { ...(part === undefined ? {} : { part }), log: log ?? [] });
    }
    throw new Error(`the run's main process answered ${response.statusCode} to ${path}: ${message}`);
  }
}
