import type { ActionLog } from "../../helpers/checks/action-log.ts";
import type { ExecuteOptions } from "../engine/command.ts";
import type { Engine } from "../engine/engine.ts";
import { controlResource } from "../images/contexts/login-front/control.ts";
import type { LoginExchange } from "../images/contexts/login-front/exchange.ts";
import { execute } from "../parts/container-command.ts";
import { loginFront, loginFrontPort, loginMachine } from "../rigs/login-clients-rig.ts";
import type { RigState } from "../rigs/rig.ts";
import type { Once } from "./providers/once.ts";
import { partOf } from "./rig-access/parts-of-rig.ts";
import { type RecordedCommand, recordedCommand } from "./rig-access/recorded-command.ts";

export type { LoginExchange } from "../images/contexts/login-front/exchange.ts";

/** Machines with MCP clients that log their user in, and the front through which they reach the gateway. */
export class LoginClients {
  /** MCP's address at the control: a correct gateway with a correct login. */
  readonly controlUrl = controlResource;
  readonly #state: RigState;
  readonly #engine: Engine;
  readonly #actions: ActionLog;
  readonly #once: Once;

  constructor(options: { state: RigState; engine: Engine; actions: ActionLog; once: Once }) {
    this.#state = options.state;
    this.#engine = options.engine;
    this.#actions = options.actions;
    this.#once = options.once;
  }

  /** Name of the machine with a client that is registered in one way of the policy. */
  machine(client: string, registration: string): string {
    return loginMachine(client, registration);
  }

  /** Runs a command on a client's machine, with standard input closed. */
  async run(part: string, command: readonly string[], options?: ExecuteOptions): Promise<RecordedCommand> {
    const engine = this.#engine;
    return await recordedCommand({ engine, state: this.#state, actions: this.#actions }, part, command, options);
  }

  /** Version of a client. */
  version(part: string): string {
    return partOf(this.#state, part).record.version;
  }

  /** The certificate that a client must trust, in PEM form. */
  async authority(): Promise<string> {
    return await this.#once.do("authority of the login's front", () => this.#ask("authority"));
  }

  /** What a client's machine has sent since the rig's start, in the order of the answers. */
  async exchanges(part: string): Promise<readonly LoginExchange[]> {
    const [client] = Object.values(partOf(this.#state, part).addresses);
    return JSON.parse(await this.#ask(`journal?client=${client}`)) as LoginExchange[];
  }

  /**
   * Logs a user in at the control.
   *
   * @param url the address to which a client sent its user
   * @returns the address to which the control sends it back; empty where it refuses
   */
  async logInAtControl(url: string): Promise<string> {
    return await this.#ask(`authorize?url=${encodeURIComponent(url)}`);
  }

  async #ask(what: string): Promise<string> {
    const url = JSON.stringify(`http://127.0.0.1:${loginFrontPort}/${what}`);
    const program = `fetch(${url}).then((answer) => answer.text()).then((text) => process.stdout.write(text))`;
    const { containerId } = partOf(this.#state, loginFront);
    const { exitCode, stdout, stderr } = await execute(this.#engine, containerId, ["node", "-e", program]);
    if (exitCode !== 0) throw new Error(`the login's front does not answer: ${stderr.trim()}`);
    return stdout;
  }
}
