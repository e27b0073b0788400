import { request } from "undici";
import type { Engine } from "../../containers/engine/engine.ts";
import { execute } from "../../containers/parts/container-command.ts";
import { readLog } from "../../containers/parts/container-log.ts";
import type { PartHandle } from "../../containers/parts/part.ts";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import type { Candidate } from "../candidate/types.ts";
import type { RefusedOutcome, Subject, Supply, Trap } from "../observe/subject.ts";
import type { Channel } from "../protocol/channel.ts";
import { HttpChannel } from "../protocol/http-channel.ts";
import { type Pipe, StdioChannel } from "../protocol/stdio-channel.ts";
import { containerPipe } from "./container-pipe.ts";
import { namesAsked } from "./name-sink.ts";
import { trapFolder } from "./prepared.ts";
import { RepeatedCommand } from "./repeated-command.ts";

/** What a candidate in a container is observed with. */
export interface ContainerSubjectOptions {
  engine: Engine;
  candidate: Candidate;
  /** The container in which the server's processes are started. */
  part: PartHandle;
  /** The services that it needs, by name. */
  needs: ReadonlyMap<string, PartHandle>;
  sink: PartHandle;
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
  secrets: ReadonlyMap<string, string>;
  http: Subject["http"];
  supply: Supply | undefined;
}

/** In the environment of the server's processes, and of nothing else in the container. */
const marker = "GATEWAY_CONFORMANCE_CANDIDATE=1";

/** How long a command of the candidate file may take, in milliseconds. */
const commandDeadline = 20_000;

/** A candidate in a container without a way out. */
export class ContainerSubject implements Subject {
  readonly secrets: ReadonlyMap<string, string>;
  readonly trap: Trap;
  readonly http: Subject["http"];
  readonly #own: ContainerSubjectOptions;
  #server: { pipe: Pipe; log: string } | undefined;
  #started = 0;
  /** The `state` commands by the service that they run in. */
  readonly #states = new Map<string, Promise<RepeatedCommand | undefined>>();

  private constructor(options: ContainerSubjectOptions) {
    this.#own = options;
    this.secrets = options.secrets;
    this.http = options.http;
    const mark = `${trapFolder}/mark`;
    const marks = async (): Promise<readonly string[]> => {
      const { stdout } = await this.#run(["sh", "-c", `ls -d ${mark}-* 2>/dev/null`]);
      return stdout.split("\n").filter((path) => path !== "");
    };
    this.trap = {
      file: `${trapFolder}/trap`,
      content: `trap-${options.part.containerId.slice(0, 16)}`,
      mark,
      marks,
    };
  }

  static async prepare(options: ContainerSubjectOptions): Promise<ContainerSubject> {
    const subject = new ContainerSubject(options);
    const { file, content } = subject.trap;
    await subject.#run(["sh", "-c", `printf %s '${content}' > ${file}`]);
    if (subject.http !== undefined) await subject.#listen();
    return subject;
  }

  async open(): Promise<Channel> {
    if (this.http === undefined) return new StdioChannel(await this.#start());
    const { url, token } = this.http;
    return new HttpChannel(url, token === undefined ? {} : { authorization: `Bearer ${token}` });
  }

  async processes(): Promise<readonly string[]> {
    const { stdout } = await this.#run([
      "sh",
      "-c",
      `for file in $(grep -ls '${marker}' /proc/[0-9]*/environ); do tr '\\0' ' ' < "\${file%environ}cmdline"; echo; done`,
    ]);
    return stdout.split("\n").filter((line) => line.trim() !== "");
  }

  async kill(): Promise<void> {
    await this.#killProcesses();
    if (this.http !== undefined) await this.#listen();
  }

  async state(): Promise<ReadonlyMap<string, string>> {
    const { candidate, needs } = this.#own;
    const shown = candidate.needs.flatMap(({ name, state }) => (state === undefined ? [] : [{ name, state }]));
    return new Map(
      await Promise.all(
        shown.map(async ({ name, state }): Promise<[string, string]> => {
          const { exitCode, stdout, stderr } = await this.#runAgain(name, state, needs.get(name));
          return [name, exitCode === 0 ? stdout : `(exit code ${exitCode}: ${stderr.trim()})`];
        }),
      ),
    );
  }

  async serviceLogs(): Promise<string> {
    const { engine, needs } = this.#own;
    const logs = await Promise.all([...needs.values()].map(({ containerId }) => readLog(engine, containerId)));
    return logs.join("\n");
  }

  async ownLog(): Promise<string> {
    return this.#server?.log ?? "";
  }

  async egress(): Promise<readonly string[]> {
    return await namesAsked(this.#own.engine, this.#own.sink);
  }

  async runRefused(): Promise<readonly RefusedOutcome[]> {
    const { candidate, needs } = this.#own;
    return await Promise.all(
      candidate.refused.map(async ({ part, run, why }) => {
        const { exitCode, stdout, stderr } = await this.#run(run, needs.get(part), true);
        return { why, command: run.join(" "), exitCode, output: stderr || stdout };
      }),
    );
  }

  async supply(): Promise<Supply | undefined> {
    return this.#own.supply;
  }

  async #run(command: readonly string[], part: PartHandle = this.#own.part, hasEnvironment = false) {
    const { engine, environment } = this.#own;
    return await execute(engine, part.containerId, command, {
      deadline: commandDeadline,
      ...(hasEnvironment ? { environment } : {}),
    });
  }

  /** Runs a command that is run often. A service without a shell, or one that ended meanwhile, gets an exec of its own. */
  async #runAgain(name: string, command: readonly string[], part: PartHandle = this.#own.part) {
    const known = this.#states.get(name);
    const starting =
      known ??
      RepeatedCommand.start(this.#own.engine, part.containerId, command, commandDeadline).catch(() => undefined);
    this.#states.set(name, starting);
    return (await (await starting)?.run()) ?? (await this.#run(command, part));
  }

  async #start(): Promise<Pipe> {
    const { engine, part, command, environment } = this.#own;
    const [name = "", value = ""] = marker.split("=");
    const pidFile = `/tmp/conformance-pid-${++this.#started}`;
    return await containerPipe(engine, {
      container: part.containerId,
      command: ["sh", "-c", `echo $$ > ${pidFile}; exec "$@"`, "sh", ...command],
      environment: { ...environment, [name]: value },
      // Itself only: what it leaves behind is to be seen.
      kill: async () => void (await this.#run(["sh", "-c", `kill -9 "$(cat ${pidFile})"`])),
    });
  }

  async #listen(): Promise<void> {
    const server = { pipe: await this.#start(), log: this.#server?.log ?? "" };
    const keep = (piece: Buffer): void => {
      server.log += piece.toString("utf8");
    };
    server.pipe.onOutput = keep;
    server.pipe.onLog = keep;
    this.#server = server;
    await until("the candidate listens", deadlines.smallPartStart, async () => await this.#answers()).catch(() => {});
  }

  /** Whether its port is open. An HTTP server may take seconds to open it. */
  async #answers(): Promise<true | undefined> {
    if (this.http === undefined) return true;
    const response = await request(this.http.url, { headersTimeout: deadlines.connect });
    response.body.on("error", () => {}).destroy();
    return true;
  }

  async #killProcesses(): Promise<void> {
    const script = `for file in $(grep -ls '${marker}' /proc/[0-9]*/environ); do kill -9 "$(basename "$(dirname "$file")")"; done`;
    await this.#run(["sh", "-c", script]);
  }
}
