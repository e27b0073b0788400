import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { jsonOf } from "../../helpers/core/text/json.ts";
import type { Engine } from "./engine.ts";

/** The label on everything that belongs to a run; its value is the run's id. */
export const runLabel = "gateway-conformance.run";
const processLabel = "gateway-conformance.process";
const sinceLabel = "gateway-conformance.since";
/** Set by `KEEP=1`: the next start does not remove the run. */
const keepLabel = "gateway-conformance.keep";

/** In milliseconds: a run of another machine on a shared engine counts as dead after this time. A CI job ends sooner. */
const foreignRunLifetime = 6 * 60 * 60 * 1000;

/** One run of the suite on an engine. */
export interface Run {
  /** Unique among all runs on the engine, and valid as part of a container's name. */
  id: string;
  /** Labels for every container, network and volume of it. */
  labels: Record<string, string>;
}

/** A new run of this process. */
export function newRun(options: { keep: boolean }): Run {
  const id = `gc-${randomBytes(5).toString("hex")}`;
  return {
    id,
    labels: {
      [runLabel]: id,
      [processLabel]: thisProcess(),
      [sinceLabel]: String(Date.now()),
      ...(options.keep ? { [keepLabel]: "1" } : {}),
    },
  };
}

/**
 * The id of the dead run that something on the engine belongs to: its process has ended, and nobody asked to keep it.
 *
 * @param labels of a container or a network
 * @returns undefined for everything that must stay
 */
export function deadRunOf(labels: Readonly<Record<string, string>>): string | undefined {
  const id = labels[runLabel];
  return id !== undefined && labels[keepLabel] === undefined && isDead(labels) ? id : undefined;
}

/** Whether what has these labels belongs to a run that a process of this machine has started. */
export function isOfProcess(labels: Readonly<Record<string, string>>, pid: number): boolean {
  const mark = markIn(labels);
  return mark?.host === hostname() && mark.pid === pid;
}

/** Ids of the running containers that belong to a process of this machine and are a certain part, e.g. `litellm`, of any rig. */
export async function partsOfProcess(engine: Engine, pid: number, part: string): Promise<string[]> {
  const running = await engine.docker.listContainers({ filters: { label: [runLabel] } });
  return running.flatMap(({ Id, Names, Labels }) => {
    return isOfProcess(Labels, pid) && Names.some((name) => name.endsWith(`-${part}`)) ? [Id] : [];
  });
}

/** Identifies the process that started a run. */
interface ProcessMark {
  host: string;
  boot: string;
  pid: number;
  /** Clock ticks between boot and the start of the process: distinguishes it from a later process with the same pid. */
  began: string;
}

function thisProcess(): string {
  const mark: ProcessMark = { host: hostname(), boot: bootId(), pid: process.pid, began: beganAt(process.pid) ?? "" };
  return JSON.stringify(mark);
}

function isDead(labels: Readonly<Record<string, string>>): boolean {
  const mark = markIn(labels);
  const since = Number(labels[sinceLabel]);
  if (mark === undefined || mark.host !== hostname()) return Date.now() - since > foreignRunLifetime;
  if (mark.boot !== bootId()) return true;
  return beganAt(mark.pid) !== mark.began;
}

function markIn(labels: Readonly<Record<string, string>>): ProcessMark | undefined {
  return jsonOf(labels[processLabel]) as ProcessMark | undefined;
}

function bootId(): string {
  const file = "/proc/sys/kernel/random/boot_id";
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/** Undefined when there is no such process. Where `/proc` does not exist (macOS, Windows), "" for a process that runs. */
function beganAt(pid: number): string | undefined {
  if (!existsSync("/proc/self/stat")) return isAlive(pid) ? "" : undefined;
  try {
    // The second field, the command's name, may contain spaces and parentheses; the fields after the last `)` are regular.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
