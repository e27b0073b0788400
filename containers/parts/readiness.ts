import type Dockerode from "dockerode";
import type { BoundPorts, WaitStrategy } from "testcontainers";
import { request } from "undici";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { untilTwiceIfStarved } from "../../helpers/core/until-starved.ts";
import { memoryKill } from "./memory-limit.ts";
import { silenceOf } from "./silence.ts";

/** How this machine reaches a part that is starting. */
export interface StartingPart {
  container: Dockerode.Container;
  /** Host of the published ports. */
  host: string;
  /** Published port for a container port. */
  port(containerPort: number): number;
}

/** A condition that a starting part must meet. */
export interface Readiness {
  /** Names the condition, e.g. `answers GET /ping with 200`. */
  what: string;
  /** Resolves to true once the part is ready. An error counts as not ready yet. */
  ask(part: StartingPart): Promise<boolean>;
  /** A log line after which the part will never be ready, although its container may continue to run. */
  failurePattern?: RegExp;
}

/** The part answers an HTTP request on a published port with the status. */
export function answersHttp(port: number, path: string, status = 200): Readiness {
  return {
    what: `answers GET ${path} on ${port} with ${status}`,
    async ask(part) {
      const response = await request(`http://${part.host}:${part.port(port)}${path}`, {
        headersTimeout: deadlines.connect,
        bodyTimeout: deadlines.connect,
      });
      await response.body.dump();
      return response.statusCode === status;
    },
  };
}

/** The part answers an HTTP request on a published port, with whatever status. What it sends after the status is not read. */
export function answersAnything(port: number, path: string): Readiness {
  return {
    what: `answers GET ${path} on ${port}`,
    async ask(part) {
      const response = await request(`http://${part.host}:${part.port(port)}${path}`, {
        headersTimeout: deadlines.connect,
      });
      response.body.on("error", () => {}).destroy();
      return true;
    },
  };
}

/** A command in the part exits with 0. */
export function commandSucceeds(...command: string[]): Readiness {
  return {
    what: `\`${command.join(" ")}\` succeeds`,
    async ask({ container }) {
      const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
      const stream = await exec.start({});
      stream.resume();
      await new Promise((resolve) => stream.once("end", resolve).once("error", resolve));
      return (await exec.inspect()).ExitCode === 0;
    },
  };
}

/** The part is ready as soon as its container runs. */
export const readyWhenRunning: Readiness = { what: "runs", ask: async () => true };

/** Where this machine reaches the published ports of a part. */
export interface PartAddress {
  /** Host of the published ports. */
  host: string;
  /** Container port to published port, for the ports that the part does not publish itself. */
  relayed: ReadonlyMap<number, number>;
}

/** A part that has exited will never be ready: after this many polls (a second) its container is inspected. */
const pollsBetweenStateChecks = 20;

/**
 * The wait strategy of testcontainers for a {@link Readiness}. Fails as soon as the container has exited. On a starved machine a
 * part has its deadline twice.
 */
export class ReadinessWait implements WaitStrategy {
  /** The part's last log lines, when it did not become ready. */
  lastLogLines: readonly string[] | undefined;
  /** What there is to say where those are none. */
  silence: string | undefined;
  readonly #readiness: Readiness;
  readonly #address: PartAddress;
  readonly #readLastLines: (containerId: string) => Promise<readonly string[]>;
  #deadline: number = deadlines.smallPartStart;

  /**
   * @param readLastLines called before testcontainers removes a part that did not become ready
   */
  constructor(
    readiness: Readiness,
    address: PartAddress,
    readLastLines: (containerId: string) => Promise<readonly string[]>,
  ) {
    this.#readiness = readiness;
    this.#address = address;
    this.#readLastLines = readLastLines;
  }

  async waitUntilReady(container: Dockerode.Container, boundPorts: BoundPorts): Promise<void> {
    try {
      await this.#wait(container, boundPorts);
    } catch (error) {
      this.lastLogLines = await this.#readLastLines(container.id);
      if (this.lastLogLines.length === 0) this.silence = await silenceOf(container);
      throw error;
    }
  }

  async #wait(container: Dockerode.Container, boundPorts: BoundPorts): Promise<void> {
    const { host, relayed } = this.#address;
    const part: StartingPart = { container, host, port: (port) => relayed.get(port) ?? boundPorts.getBinding(port) };
    let polls = 0;
    let failure: string | undefined;
    await untilTwiceIfStarved(this.#readiness.what, this.#deadline, async () => {
      if (polls++ % pollsBetweenStateChecks === 0 && polls > 1) {
        failure = (await exitOf(container)) ?? (await this.#failureInLog(container));
        if (failure !== undefined) return true;
      }
      return (await this.#readiness.ask(part)) ? true : undefined;
    });
    if (failure !== undefined) throw new Error(failure);
  }

  async #failureInLog(container: Dockerode.Container): Promise<string | undefined> {
    const { failurePattern } = this.#readiness;
    if (failurePattern === undefined) return undefined;
    const line = (await this.#readLastLines(container.id)).find((one) => failurePattern.test(one));
    return line === undefined ? undefined : `its log says that it failed: ${line.trim()}`;
  }

  withStartupTimeout(milliseconds: number): this {
    this.#deadline = milliseconds;
    return this;
  }

  isStartupTimeoutSet(): boolean {
    return true;
  }

  getStartupTimeout(): number {
    return this.#deadline;
  }
}

/** How a container has ended; undefined while it runs. The removal of a run also removes parts that are still starting. */
async function exitOf(container: Dockerode.Container): Promise<string | undefined> {
  try {
    const inspected = await container.inspect();
    const { State: state } = inspected;
    if (state.Running) return undefined;
    const killed = memoryKill(inspected);
    if (killed !== undefined) return killed;
    return `it exited with code ${state.ExitCode}${state.Error ? ` (${state.Error})` : ""}`;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return "its container was removed";
    throw error;
  }
}
