import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import pLimit from "p-limit";
import { DeadlineError, deadlines, pollInterval, within } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { jsonOf } from "../../helpers/core/json.ts";
import type { Engine } from "./engine.ts";

/** The label that everything of a run carries; its value is the run's id. */
export const runLabel = "gateway-conformance.run";
const processLabel = "gateway-conformance.process";
const sinceLabel = "gateway-conformance.since";
/** Kept up by `KEEP=1`: the next start leaves it alone. */
const keepLabel = "gateway-conformance.keep";

/** After this long, what a run on another machine left on a shared engine is taken for dead: a session of CI ends sooner. */
const foreignRunIsDeadAfter = 6 * 60 * 60 * 1000;

/** One run of the suite on an engine. */
export interface Run {
  /** Unique among all runs on the engine, fit for a container's name. */
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

/** Removes everything of a run: containers first, then networks and volumes. Says nothing of what is gone already. */
export async function removeRun(engine: Engine, id: string): Promise<void> {
  await removeLabelled(engine, `${runLabel}=${id}`);
}

/**
 * Removes what runs left behind whose process is dead.
 *
 * @returns ids of the runs that were removed
 */
export async function sweep(engine: Engine): Promise<string[]> {
  const dead = new Map<string, Record<string, string>>();
  const filters = { label: [runLabel] };
  const [containers, networks] = await Promise.all([
    engine.docker.listContainers({ all: true, filters }),
    engine.docker.listNetworks({ filters }),
  ]);
  for (const { Labels: labels = {} } of [...containers, ...networks]) {
    const id = labels[runLabel];
    if (id !== undefined && labels[keepLabel] === undefined && isDead(labels)) dead.set(id, labels);
  }
  await Promise.all([...dead.keys()].map((id) => removeRun(engine, id)));
  return [...dead.keys()];
}

/** Ids of the running containers of this machine's process that play a part, e.g. `litellm`, in whichever rig. */
export async function partsOfProcess(engine: Engine, pid: number, part: string): Promise<string[]> {
  const running = await engine.docker.listContainers({ filters: { label: [runLabel] } });
  return running.flatMap(({ Id, Names, Labels }) => {
    const mark = markIn(Labels);
    const isIts = mark?.host === hostname() && mark.pid === pid && Names.some((name) => name.endsWith(`-${part}`));
    return isIts ? [Id] : [];
  });
}

async function removeLabelled(engine: Engine, label: string): Promise<void> {
  const filters = { label: [label] };
  const containers = await engine.docker.listContainers({ all: true, filters });
  await Promise.all(containers.map(({ Id }) => removeContainer(engine, Id)));
  const [networks, { Volumes: volumes }] = await Promise.all([
    engine.docker.listNetworks({ filters }),
    engine.docker.listVolumes({ filters }),
  ]);
  await Promise.all([
    ...networks.map(({ Id }) => removeNetwork(engine, Id).catch(ignoreGone)),
    ...(volumes ?? []).map(({ Name }) => engine.docker.getVolume(Name).remove().catch(ignoreGone)),
  ]);
}

/**
 * Engine 20.10 can lock up for good when two containers leave one network at once: leaving takes the network's lock, then
 * the controller's (libnetwork's `getSvcRecords`), and noting who has left takes them the other way round
 * (`processEndpointDelete`). Seen twice in some thousand removals side by side.
 */
const oneAtATime = pLimit(1);

/** @throws {EnvironmentError} when the engine does not come to an end */
async function alone(what: string, work: () => Promise<unknown>): Promise<void> {
  await oneAtATime(async () => {
    try {
      await within(what, deadlines.removal, work());
    } catch (cause) {
      if (!(cause instanceof DeadlineError)) throw cause;
      // Those behind it must not wait a minute each: what can still be removed goes now.
      oneAtATime.concurrency = Number.POSITIVE_INFINITY;
      const then = "it hangs; restart it, and the next start removes what is left";
      throw new EnvironmentError(`${cause.message}: ${then}`, { cause });
    }
  });
}

/**
 * Removes a container and its volumes, running or not, when no other is being removed. One that is gone already is no error.
 *
 * @param container id or name
 * @throws {EnvironmentError} when the engine does not come to an end
 */
export async function removeContainer(engine: Engine, container: string): Promise<void> {
  const removal = { force: true, v: true };
  await alone("the engine removes a container", () =>
    engine.docker.getContainer(container).remove(removal).catch(ignoreGone),
  );
}

/**
 * Removes a network with whatever is still on it. Engine 20.10 can count a container whose start was cut off for ever, and
 * name none: such a network goes with the engine's next start, and is no reason to end a run.
 */
export async function removeNetwork(engine: Engine, id: string): Promise<void> {
  const network = engine.docker.getNetwork(id);
  const began = performance.now();
  for (;;) {
    try {
      await network.remove();
      return;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 403) throw error;
      if (performance.now() - began > deadlines.connect) return;
    }
    const { Containers: on = {} } = (await network.inspect()) as { Containers?: Record<string, unknown> };
    const leave = (container: string): Promise<void> =>
      alone("the engine takes a container off its network", () =>
        network.disconnect({ Container: container, Force: true }).catch(ignoreGone),
      );
    await Promise.all(Object.keys(on ?? {}).map(leave));
    await pause(pollInterval);
  }
}

/** Another process may be removing the same thing: 404 (gone), 409 (removal in progress) and its 500 are what was wanted. */
function ignoreGone(error: unknown): void {
  const { statusCode: status, message = "" } = error as { statusCode?: number; message?: string };
  if (status !== 404 && status !== 409 && !message.includes("marked for removal")) throw error;
}

interface ProcessMark {
  host: string;
  boot: string;
  pid: number;
  /** Clock ticks after boot at which the process began: tells a reused pid apart. */
  began: string;
}

function thisProcess(): string {
  const mark: ProcessMark = { host: hostname(), boot: bootId(), pid: process.pid, began: beganAt(process.pid) ?? "" };
  return JSON.stringify(mark);
}

function isDead(labels: Record<string, string>): boolean {
  const mark = markIn(labels);
  const since = Number(labels[sinceLabel]);
  if (mark === undefined || mark.host !== hostname()) return Date.now() - since > foreignRunIsDeadAfter;
  if (mark.boot !== bootId()) return true;
  return beganAt(mark.pid) !== mark.began;
}

function markIn(labels: Record<string, string>): ProcessMark | undefined {
  return jsonOf(labels[processLabel]) as ProcessMark | undefined;
}

function bootId(): string {
  const file = "/proc/sys/kernel/random/boot_id";
  return existsSync(file) ? readFileSync(file, "utf8").trim() : "";
}

/** Undefined when there is no such process. Where `/proc` is missing (macOS, Windows) a live process has the mark "". */
function beganAt(pid: number): string | undefined {
  if (!existsSync("/proc/self/stat")) return isAlive(pid) ? "" : undefined;
  try {
    // The second field, the command's name, may hold spaces and parentheses; what follows the last one is regular.
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
