import type { ActionLog } from "../../helpers/checks/action-log.ts";
import type { ExecuteOptions } from "../engine/command.ts";
import type { Engine } from "../engine/engine.ts";
import { faultHost, faultlessHost, type GatewayFault } from "../images/contexts/fault-front/faults.ts";
import { readLog } from "../parts/container-log.ts";
import { heavyMachines } from "../rigs/client-machines.ts";
import type { RigState } from "../rigs/rig.ts";
import { partOf } from "./rig-access/parts-of-rig.ts";
import { type RecordedCommand, recordedCommand } from "./rig-access/recorded-command.ts";

export type { GatewayFault } from "../images/contexts/fault-front/faults.ts";

/** Machines with MCP clients on them, as a check sees them, on the same networks as the gateway rig's agent. */
export class Clients {
  readonly #state: RigState;
  readonly #engine: Engine;
  readonly #actions: ActionLog;

  constructor(options: { state: RigState; engine: Engine; actions: ActionLog }) {
    this.#actions = options.actions;
    this.#state = options.state;
    this.#engine = options.engine;
  }

  /** The origin at which the gateway has a fault, from the clients' network. */
  origin(fault: GatewayFault | "none" | "gateway-down"): string {
    // Nothing listens on that port.
    if (fault === "gateway-down") return "http://gateway-down.faults:81";
    return `http://${fault === "none" ? faultlessHost : faultHost(fault)}`;
  }

  /** Whether the machines of the heavy clients are there (`CLIENTS=all`). */
  get hasHeavy(): boolean {
    return heavyMachines.every(({ name }) => name in this.#state.parts);
  }

  /** Holds the late catalogue back, also after an earlier release. */
  async holdCatalogue(): Promise<void> {
    await this.#askFront("_hold");
  }

  /** Lets the late catalogue arrive, for requests that wait and for later ones. */
  async releaseCatalogue(): Promise<void> {
    await this.#askFront("_release");
  }

  /** Lets the front ask the gateway again for the catalogue that clients get with a fault in their calls. */
  async forgetCatalogue(): Promise<void> {
    await this.#askFront("_forget");
  }

  async #askFront(what: string): Promise<void> {
    const ask = `fetch("http://127.0.0.1/${what}").then(({ ok }) => process.exit(ok ? 0 : 1))`;
    const { exitCode, stderr } = await this.run("fault-front", ["node", "-e", ask]);
    if (exitCode !== 0) throw new Error(`the fault front refused ${what}: ${stderr.trim()}`);
  }

  /** Runs a command on a client's machine, with standard input closed. */
  async run(part: string, command: readonly string[], options?: ExecuteOptions): Promise<RecordedCommand> {
    const engine = this.#engine;
    return await recordedCommand({ engine, state: this.#state, actions: this.#actions }, part, command, options);
  }

  /** What the fault front has forwarded, and what it has not: one line per request. */
  async frontLog(): Promise<string> {
    return await readLog(this.#engine, partOf(this.#state, "fault-front").containerId);
  }

  /** Version of a client. */
  version(part: string): string {
    return partOf(this.#state, part).record.version;
  }
}
