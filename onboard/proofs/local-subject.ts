import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { deadlines, within } from "../../helpers/core/deadlines.ts";
import type { Candidate } from "../candidate/types.ts";
import type { RefusedOutcome, Subject, Supply, Trap } from "../observe/subject.ts";
import type { Channel } from "../protocol/channel.ts";
import { HttpChannel } from "../protocol/http-channel.ts";
import { type Pipe, StdioChannel } from "../protocol/stdio-channel.ts";
import type { Fault } from "./server/faults.ts";

const program = join(import.meta.dirname, "server", "server.ts");

/** How long a process may take to end by itself, in milliseconds. */
const endDeadline = 1_000;

/** The synthetic server as processes of this machine: everything but its packages and its network can be seen so. */
export class LocalSubject implements Subject, AsyncDisposable {
  readonly secrets: ReadonlyMap<string, string>;
  readonly trap: Trap;
  http: Subject["http"];
  readonly #candidate: Candidate;
  readonly #folder = mkdtempSync(join(tmpdir(), "onboard-"));
  readonly #environment: Record<string, string>;
  readonly #mark = randomBytes(8).toString("hex");
  readonly #supply: Supply;
  #serverLog = "";

  private constructor(candidate: Candidate, supply: Supply, fault: Fault | undefined) {
    this.#candidate = candidate;
    this.#supply = supply;
    this.secrets = new Map(candidate.secrets.map(({ name }) => [name, `canary-${randomBytes(8).toString("hex")}`]));
    const notes = join(this.#folder, "notes");
    mkdirSync(notes);
    writeFileSync(join(notes, "first"), "the first note");
    const trapFile = join(this.#folder, "trap");
    const content = `trap-${this.#mark}`;
    writeFileSync(trapFile, content);
    const mark = join(this.#folder, "mark");
    this.trap = { file: trapFile, content, mark, marks: async () => this.#filesLike("mark-") };
    this.#environment = {
      PATH: process.env.PATH ?? "",
      ONBOARD_MARK: this.#mark,
      NOTES_FOLDER: notes,
      SERVICE_LOG: join(this.#folder, "service.log"),
      ...Object.fromEntries(this.secrets),
      ...(candidate.server.listens === undefined ? {} : { PORT: "0" }),
      ...(fault === undefined ? {} : { FAULT: fault }),
    };
  }

  /** @param fault what is wrong with the server; undefined for the sound one */
  static async start(candidate: Candidate, supply: Supply, fault: Fault | undefined): Promise<LocalSubject> {
    const subject = new LocalSubject(candidate, supply, fault);
    if (candidate.server.listens !== undefined) await subject.#listen(candidate.server.listens.token);
    return subject;
  }

  async open(): Promise<Channel> {
    if (this.http !== undefined) {
      const { token } = this.http;
      return new HttpChannel(this.http.url, token === undefined ? {} : { authorization: `Bearer ${token}` });
    }
    return new StdioChannel(processPipe(this.#start(["pipe", "pipe", "pipe"])));
  }

  async processes(): Promise<readonly string[]> {
    return this.#pids().map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim());
  }

  async kill(): Promise<void> {
    for (const pid of this.#pids()) process.kill(pid, "SIGKILL");
    if (this.http !== undefined) await this.#listen(this.#candidate.server.listens?.token);
  }

  async state(): Promise<ReadonlyMap<string, string>> {
    const notes = join(this.#folder, "notes");
    const files = readdirSync(notes).toSorted();
    return new Map([["notes", files.map((name) => `${name}: ${readFileSync(join(notes, name), "utf8")}`).join("\n")]]);
  }

  #filesLike(start: string): string[] {
    const names = readdirSync(this.#folder).filter((name) => name.startsWith(start));
    return names.map((name) => join(this.#folder, name));
  }

  async serviceLogs(): Promise<string> {
    const file = join(this.#folder, "service.log");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  async ownLog(): Promise<string> {
    return this.#serverLog;
  }

  async egress(): Promise<readonly string[]> {
    return [];
  }

  async runRefused(): Promise<readonly RefusedOutcome[]> {
    return this.#candidate.refused.map(({ why, run: [command = "", ...args] }) => {
      const { status, stderr } = spawnSync(command, args, { env: this.#environment, encoding: "utf8" });
      return { why, command: [command, ...args].join(" "), exitCode: status ?? -1, output: stderr };
    });
  }

  async supply(): Promise<Supply> {
    return this.#supply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#pids()) process.kill(pid, "SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(stdio: ["pipe" | "ignore", "pipe", "pipe"]): ChildProcess {
    return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
      env: this.#environment,
      stdio,
    });
  }

  /** Starts the server on any free port: the port of one that was killed may be in use by another process by then. */
  async #listen(token: string | undefined): Promise<void> {
    const server = this.#start(["ignore", "pipe", "pipe"]);
    server.stderr?.on("data", (piece: Buffer) => {
      this.#serverLog += piece.toString("utf8");
    });
    const ended = once(server, "exit").then(([code]) => {
      throw new Error(`the synthetic server ended with exit code ${code} before it listened:\n${this.#serverLog}`);
    });
    const listens = once(server.stdout as Readable, "data").then(([line]) => Number(String(line)));
    const port = await within("the synthetic server listens", deadlines.smallPartStart, Promise.race([listens, ended]));
    this.http = { url: `http://127.0.0.1:${port}/mcp`, token: token && this.secrets.get(token) };
  }

  /** Ids of the processes that have this run's mark in their environment. */
  #pids(): number[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`ONBOARD_MARK=${this.#mark}`);
        } catch {
          // It has ended, or is another user's.
          return false;
        }
      });
  }
}

function processPipe(child: ChildProcess): Pipe {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const pipe: Pipe = {
    write: (text) => void child.stdin?.write(text),
    onOutput: () => {},
    onLog: () => {},
    onEnd: () => {},
    async close() {
      child.stdin?.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), endDeadline);
      await ended;
      clearTimeout(timer);
    },
  };
  child.stdin?.on("error", () => {});
  child.stdout?.on("data", (piece: Buffer) => pipe.onOutput(piece));
  child.stderr?.on("data", (piece: Buffer) => pipe.onLog(piece));
  child.once("exit", async (code, signal) => {
    // Node may report the exit before it has read the last lines. A process that is left over keeps the streams open.
    await Promise.race([once(child, "close"), pause(endDeadline, undefined, { ref: false })]);
    pipe.onEnd(signal === null ? `exit code ${code}` : `signal ${signal}`);
    resolve();
  });
  return pipe;
}
