import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Duplex, PassThrough } from "node:stream";
import type Dockerode from "dockerode";
import type { Executed, ExecuteOptions } from "../engine/command.ts";
import type { Engine } from "../engine/engine.ts";
import { commandWithin, executeOnce } from "./container-command.ts";

const script = readFileSync(new URL("./command-agent-script.ts", import.meta.url), "utf8");
const agentCommand = ["node", "--input-type=module-typescript", "-e", script];

/** What an agent reports of a command. */
type Report = Pick<Executed, "exitCode" | "stdout" | "stderr"> & { id: number };

/**
 * Runs the commands of each container through one process in it: an exec of the engine takes about 80 ms of CPU time (containerd
 * and runc start a process each), a command of an agent 6 ms. An agent is started by a container's second command, where the
 * container has Node and no limit of its own: an operator's service must not be killed for the memory of an agent. Elsewhere every
 * command is an exec.
 */
export class CommandAgents {
  readonly #docker: Dockerode;
  /** By container; undefined where it runs none. */
  readonly #agents = new Map<string, Promise<CommandAgent | undefined> | "next">();

  constructor(docker: Dockerode) {
    this.#docker = docker;
  }

  /**
   * Runs a command in a container, as {@link executeOnce} does.
   *
   * @throws {Error} when the container does not exist or does not run
   */
  async run(container: string, command: readonly string[], options: ExecuteOptions): Promise<Executed> {
    const known = this.#agents.get(container);
    if (known === undefined) this.#agents.set(container, "next");
    // An agent has one user.
    if (known === undefined || options.user !== undefined)
      return await executeOnce(this.#docker, container, command, options);
    const agent = await (known === "next" ? this.#start(container) : known);
    if (agent?.isOver) this.#agents.delete(container);
    if (agent === undefined || agent.isOver) return await executeOnce(this.#docker, container, command, options);
    const began = performance.now();
    const { exitCode, stdout, stderr } = await agent.run(commandWithin(command, options.deadline), options);
    return { exitCode, stdout, stderr, took: performance.now() - began };
  }

  #start(container: string): Promise<CommandAgent | undefined> {
    const starting = CommandAgent.start(this.#docker, container);
    this.#agents.set(container, starting);
    starting.catch(() => this.#agents.delete(container));
    return starting;
  }
}

/** An engine whose commands run through agents. */
export function withCommandAgents(engine: Engine): Engine {
  const agents = new CommandAgents(engine.docker);
  return { ...engine, runCommand: (container, command, options) => agents.run(container, command, options) };
}

/** One process in a container that runs commands. It ends with the connection to it, at the latest with the container. */
class CommandAgent {
  readonly #stream: Duplex;
  readonly #waiting = new Map<number, (report: Report) => void>();
  #last = 0;
  isOver = false;

  private constructor(docker: Dockerode, stream: Duplex) {
    this.#stream = stream;
    const stdout = new PassThrough();
    docker.modem.demuxStream(stream, stdout, new PassThrough().resume());
    // The engine writes into the stream why a process cannot start.
    createInterface({ input: stdout }).on("line", (line) => {
      if (line.startsWith("{")) this.#settle(JSON.parse(line) as Report);
    });
    const end = (): void => this.#end();
    stream.once("end", end).once("close", end).on("error", end);
  }

  /** Undefined where the container has no Node, or a limit on its memory or processes. */
  static async start(docker: Dockerode, container: string): Promise<CommandAgent | undefined> {
    const { HostConfig: limits } = await docker.getContainer(container).inspect();
    if ((limits.Memory ?? 0) > 0 || (limits.PidsLimit ?? 0) > 0) return undefined;
    const exec = await docker.getContainer(container).exec({
      Cmd: agentCommand,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const agent = new CommandAgent(docker, await exec.start({ hijack: true, stdin: true }));
    const { exitCode } = await agent.run(["node", "--version"], {});
    return exitCode === 0 ? agent : undefined;
  }

  run(command: readonly string[], { environment = {}, workingDir }: ExecuteOptions): Promise<Report> {
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<Report>();
    if (this.isOver) return Promise.resolve(ended(id));
    this.#waiting.set(id, resolve);
    // A connection without a command must not keep this process from exiting.
    setActive(this.#stream, true);
    this.#stream.write(`${JSON.stringify({ id, command, environment, workingDir })}\n`);
    return promise;
  }

  #settle(report: Report): void {
    this.#waiting.get(report.id)?.(report);
    this.#waiting.delete(report.id);
    if (this.#waiting.size === 0) setActive(this.#stream, false);
  }

  #end(): void {
    this.isOver = true;
    for (const id of this.#waiting.keys()) this.#settle(ended(id));
  }
}

/** As the engine reports a command whose container was killed. */
function ended(id: number): Report {
  return { id, exitCode: 137, stdout: "", stderr: "the container ended" };
}

function setActive(stream: Duplex, isActive: boolean): void {
  const socket = stream as Duplex & { ref?(): void; unref?(): void };
  if (isActive) socket.ref?.();
  else socket.unref?.();
}
