import type Dockerode from "dockerode";
import type { BoundPorts, WaitStrategy } from "testcontainers";
import { request } from "undici";
import { deadlines, until } from "../../helpers/core/deadlines.ts";

/** Where a part can be asked from this machine. */
interface Reached {
  container: Dockerode.Container;
  /** Published port for a container port. */
  port(containerPort: number): number;
}

/** A question to a part that starts: resolves to true once it is ready. What it throws counts as not yet. */
export interface Readiness {
  /** Names the condition, e.g. `answers GET /ping with 200`. */
  what: string;
  ask(part: Reached): Promise<boolean>;
  /** A log line after which the part will never be ready, though its container may stay up. */
  givesUp?: RegExp;
}

/** The part answers an HTTP request on a published port with the status. */
export function answersHttp(port: number, path: string, status = 200): Readiness {
  return {
    what: `answers GET ${path} on ${port} with ${status}`,
    async ask(part) {
      const response = await request(`http://127.0.0.1:${part.port(port)}${path}`, {
        headersTimeout: deadlines.connect,
        bodyTimeout: deadlines.connect,
      });
      await response.body.dump();
      return response.statusCode === status;
    },
  };
}

/** A command in the part exits with 0. */
export function succeeds(...command: string[]): Readiness {
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

/** Nothing to wait for: the container's process is all there is. */
export const atOnce: Readiness = { what: "runs", ask: async () => true };

/** A part that died will never be ready: it is asked every so many polls (a second) whether it still runs. */
const pollsBetweenLifeChecks = 20;

/** Hands a {@link Readiness} to testcontainers; gives up as soon as the container has exited. */
export class ReadyWhen implements WaitStrategy {
  /** The part's last log lines, when it did not become ready. */
  lastWords: readonly string[] | undefined;
  readonly #readiness: Readiness;
  readonly #readLog: (containerId: string) => Promise<readonly string[]>;
  #deadline: number = deadlines.smallPartStart;

  /** @param readLog reads the last lines of a part that will be removed for not being ready */
  constructor(readiness: Readiness, readLog: (containerId: string) => Promise<readonly string[]>) {
    this.#readiness = readiness;
    this.#readLog = readLog;
  }

  async waitUntilReady(container: Dockerode.Container, boundPorts: BoundPorts): Promise<void> {
    try {
      await this.#wait(container, boundPorts);
    } catch (error) {
      this.lastWords = await this.#readLog(container.id);
      throw error;
    }
  }

  async #wait(container: Dockerode.Container, boundPorts: BoundPorts): Promise<void> {
    const part: Reached = { container, port: (port) => boundPorts.getBinding(port) };
    let polls = 0;
    let exited: string | undefined;
    await until(this.#readiness.what, this.#deadline, async () => {
      if (polls++ % pollsBetweenLifeChecks === 0 && polls > 1) {
        exited = await endOf(container);
        if (exited !== undefined) return true;
        const { givesUp } = this.#readiness;
        const lastLine = givesUp && (await this.#readLog(container.id)).find((line) => givesUp.test(line));
        if (lastLine !== undefined) {
          exited = `it gave up: ${lastLine.trim()}`;
          return true;
        }
      }
      return (await this.#readiness.ask(part)) ? true : undefined;
    });
    if (exited !== undefined) throw new Error(exited);
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

/** How a container has ended; undefined while it runs. Whoever removes a run ends what is still being started. */
async function endOf(container: Dockerode.Container): Promise<string | undefined> {
  try {
    const { State: state } = await container.inspect();
    if (state.Running) return undefined;
    return `it exited with code ${state.ExitCode}${state.Error ? ` (${state.Error})` : ""}`;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return "its container was removed";
    throw error;
  }
}
