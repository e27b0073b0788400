import { basename } from "node:path";
import type { ContainerGroups } from "./cgroups.ts";
import type { Processes } from "./processes.ts";

/** Which part of which rig a container is. */
export interface PartName {
  rig: string;
  part: string;
}

/** What one part cost. */
export interface PartCost extends PartName {
  cpuSeconds: number;
  /** The most memory at one time, in bytes, without caches of files. */
  peakMemory: number;
}

/** A process that LiteLLM started, e.g. a stdio upstream. */
export interface Spawn {
  rig: string;
  /** Name of its program. */
  program: string;
  /** When it was first seen: at most one interval after its start; milliseconds since the epoch. */
  seenAt: number;
}

/** What a run cost. CPU in seconds, memory in bytes. */
export interface Measured {
  wallSeconds: number;
  parts: readonly PartCost[];
  spawns: readonly Spawn[];
  /** The engine's own processes and the programs that they ran, without what runs in containers. */
  engine: number;
  /** The whole machine. */
  machine: number;
  /** The most memory that all parts had at one time. */
  peakMemory: number;
}

/** What a meter reads. */
export interface MeterSources {
  groups: Pick<ContainerGroups, "containers" | "usage">;
  processes: Pick<Processes, "all" | "usage" | "commandLine" | "machine">;
  /** Which part a container is; undefined for one that is not measured. Asked once for each container. */
  describe(container: string): Promise<PartName | undefined>;
}

/** Between two readings, in milliseconds: an upstream that LiteLLM starts for one request lives for longer. */
const interval = 200;

/** Programs of the engine, of which those in the second group run containers: their children are the containers' own. */
const engines: ReadonlySet<string> = new Set(["dockerd", "containerd"]);
const shims = /^(containerd-shim|docker-proxy|docker-init)/;

/** Name of the part whose children are counted. */
const liteLLM = "litellm";

/** A part while it is measured. */
interface Account {
  name: Promise<PartName | undefined>;
  known: PartName | undefined;
  /** CPU seconds before its last restart. */
  before: number;
  last: number;
  peakMemory: number;
  seen: Set<number>;
}

/**
 * Measures what the parts of a run and the engine cost, by reading control groups and `/proc` repeatedly: nothing is added
 * to the run. What a container uses after its last reading is lost.
 */
export class Meter {
  readonly #sources: MeterSources;
  readonly #accounts = new Map<string, Account>();
  /** CPU seconds of each process of the engine: when the measurement began, and now. */
  readonly #engine = new Map<number, { first: number; last: number }>();
  readonly #spawns: Spawn[] = [];
  readonly #startedAt = performance.now();
  readonly #machine: number;
  #peakMemory = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: MeterSources) {
    this.#sources = sources;
    this.#machine = sources.processes.machine();
    this.read({ isFirst: true });
  }

  /** Begins to read repeatedly. */
  start(): void {
    this.#timer = setInterval(() => this.read(), interval);
  }

  /** Ends the measurement. */
  async stop(): Promise<Measured> {
    clearInterval(this.#timer);
    this.read();
    const wallSeconds = (performance.now() - this.#startedAt) / 1_000;
    const parts = await Promise.all(
      [...this.#accounts.values()].map(async ({ name, before, last, peakMemory }) => {
        const part = await name;
        return part === undefined ? [] : [{ ...part, cpuSeconds: before + last, peakMemory }];
      }),
    );
    return {
      wallSeconds,
      parts: parts.flat(),
      spawns: this.#spawns,
      engine: [...this.#engine.values()].reduce((sum, { first, last }) => sum + last - first, 0),
      machine: this.#sources.processes.machine() - this.#machine,
      peakMemory: this.#peakMemory,
    };
  }

  /** One reading. What is already there at the first one costs the run only what it uses from then on. */
  read({ isFirst = false }: { isFirst?: boolean } = {}): void {
    this.#readEngine(isFirst);
    let memory = 0;
    for (const [id, group] of this.#sources.groups.containers()) {
      const account = this.#accountOf(id);
      const usage = this.#sources.groups.usage(group);
      if (usage === undefined) continue;
      // After a restart the group is a new one.
      if (usage.cpuSeconds < account.last) account.before += account.last;
      account.last = usage.cpuSeconds;
      account.peakMemory = Math.max(account.peakMemory, usage.memory);
      if (account.known === undefined) continue;
      memory += usage.memory;
      if (account.known.part === liteLLM) this.#readSpawns(account, account.known.rig, usage.processes);
    }
    this.#peakMemory = Math.max(this.#peakMemory, memory);
  }

  #accountOf(id: string): Account {
    const known = this.#accounts.get(id);
    if (known !== undefined) return known;
    const name = this.#sources.describe(id);
    const account: Account = { name, known: undefined, before: 0, last: 0, peakMemory: 0, seen: new Set() };
    void name.then((part) => {
      account.known = part;
    });
    this.#accounts.set(id, account);
    return account;
  }

  /** Children of LiteLLM's own processes that were not there at the reading before. */
  #readSpawns({ seen }: Account, rig: string, processes: readonly number[]): void {
    for (const pid of processes) {
      if (seen.has(pid)) continue;
      const command = this.#sources.processes.commandLine(pid);
      const usage = this.#sources.processes.usage(pid);
      // A process that has just been forked still has the command line of its parent: the next reading sees its own.
      if (usage === undefined || isLiteLLM(command)) continue;
      seen.add(pid);
      if (!isLiteLLM(this.#sources.processes.commandLine(usage.parent))) continue;
      // One that has already ended has a name, but no command line.
      const program = command.length === 0 ? usage.name : programOf(command);
      this.#spawns.push({ rig, program, seenAt: Date.now() });
    }
  }

  #readEngine(isFirst: boolean): void {
    for (const pid of this.#sources.processes.all()) {
      const usage = this.#sources.processes.usage(pid);
      if (usage === undefined) continue;
      const used = engines.has(usage.name)
        ? usage.own + usage.children
        : shims.test(usage.name)
          ? usage.own
          : undefined;
      if (used === undefined) continue;
      const known = this.#engine.get(pid);
      this.#engine.set(pid, { first: known?.first ?? (isFirst ? used : 0), last: used });
    }
  }
}

/** E.g. `/opt/litellm/bin/python /opt/litellm/bin/litellm --config …`. */
function isLiteLLM(command: readonly string[]): boolean {
  return command.slice(0, 2).some((one) => basename(one) === liteLLM);
}

/** The script that an interpreter runs, or the program itself. */
function programOf([program = "", ...rest]: readonly string[]): string {
  const isInterpreter = /^(node|python[\d.]*|sh|bash)$/.test(basename(program));
  // The options of a script's first line, e.g. `-IS`, take no argument; after any other option comes no script.
  const script = rest.find((word) => !/^-[A-Z]+$/.test(word));
  return basename(isInterpreter && script !== undefined && !script.startsWith("-") ? script : program);
}
