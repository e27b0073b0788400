import type { ActionLog } from "../../helpers/checks/action-log.ts";
import type { Engine } from "../engine/engine.ts";
import { faultHost, faultlessHost, type GatewayFault } from "../images/contexts/fault-front/faults.ts";
import type { ExecuteOptions } from "../parts/container-command.ts";
import { readLog } from "../parts/container-log.ts";
import type { RigState } from "../rigs/rig.ts";
import { partOf } from "./parts-of-rig.ts";
import { type RecordedCommand, recordedCommand } from "./recorded-command.ts";

export type { GatewayFault } from "../images/contexts/fault-front/faults.ts";

/** Machines with MCP clients on them, as a check sees them; they stand beside the gateway's own agent. */
export class Clients {
  readonly #state: RigState;
  readonly #engine: Engine;
  readonly #actions: ActionLog;

  constructor(options: { state: RigState; engine: Engine; actions: ActionLog }) {
    this.#actions = options.actions;
    this.#state = options.state;
    this.#engine = options.engine;
  }

  /** Where the gateway has a fault, for whoever is on the clients' network. */
  origin(fault: GatewayFault | "none" | "gateway-down"): string {
    // Nothing listens on that port.
    if (fault === "gateway-down") return "http://gateway-down.faults:81";
    return `http://${fault === "none" ? faultlessHost : faultHost(fault)}`;
  }

  /** Holds the late catalogue back, whoever has released it before. */
  async holdCatalogue(): Promise<void> {
    await this.#tellFront("_hold");
  }

  /** Lets the late catalogue arrive: for those who still wait, and for all who come. */
  async releaseCatalogue(): Promise<void> {
    await this.#tellFront("_release");
  }

  async #tellFront(what: string): Promise<void> {
    const ask = `fetch("http://127.0.0.1/${what}").then(({ ok }) => process.exit(ok ? 0 : 1))`;
    const { exitCode, stderr } = await this.run("fault-front", ["node", "-e", ask]);
    if (exitCode !== 0) throw new Error(`the fault front did not do ${what}: ${stderr.trim()}`);
  }

  /** Runs a command on a client's machine, with standard input closed. */
  async run(part: string, command: readonly string[], options?: ExecuteOptions): Promise<RecordedCommand> {
    const engine = this.#engine;
    return await recordedCommand({ engine, state: this.#state, actions: this.#actions }, part, command, options);
  }

  /** What the fault front has handed on, and what it has not: one line a request. */
  async frontLog(): Promise<string> {
    return await readLog(this.#engine, partOf(this.#state, "fault-front").containerId);
  }

  /** Version of a client. */
  version(part: string): string {
    return partOf(this.#state, part).record.version;
  }
}
