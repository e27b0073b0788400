import type { Container } from "dockerode";
import { deadlines, within } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { RigState } from "../rigs/rig.ts";
import { type PartHandle, readLog } from "./part.ts";

/** How many log lines of a part that has stopped are shown. */
const shownLogLines = 25;

/**
 * Why a failure may not be the gateway's: the engine answers no more, or a part has stopped. Asked after a check has
 * failed, for what was taken away in the middle says nothing of the deployment.
 *
 * @returns undefined when all is up
 */
export async function environmentTrouble(
  engine: Engine,
  rigs: readonly RigState[],
): Promise<EnvironmentError | undefined> {
  const parts = rigs.flatMap(({ parts: own }) => Object.values(own));
  if (parts.length === 0) return undefined;
  try {
    await within("the engine answers a ping", deadlines.engineStart, engine.docker.ping());
  } catch (cause) {
    return new EnvironmentError(`the engine went away in the middle of the run: ${(cause as Error).message}`, {
      cause,
    });
  }
  const stopped = await Promise.all(parts.map((part) => stoppedBecause(engine, part)));
  return stopped.find((trouble) => trouble !== undefined);
}

async function stoppedBecause(engine: Engine, part: PartHandle): Promise<EnvironmentError | undefined> {
  const what = `${part.rig}/${part.name}`;
  const container = engine.docker.getContainer(part.containerId);
  try {
    if (!(await hasProcesses(container))) await endSeen(container);
    const { State: state } = await container.inspect();
    if (state.Running) return undefined;
    const how = state.OOMKilled ? "the machine had no memory left for it" : `exit code ${state.ExitCode}`;
    const log = await readLog(engine, part.containerId, { tail: shownLogLines }).catch(() => "");
    return new EnvironmentError(`${what} stopped in the middle of the run: ${how}`, {
      part: part.name,
      log: log.split("\n").filter((line) => line !== ""),
    });
  } catch (cause) {
    const gone = (cause as { statusCode?: number }).statusCode === 404;
    const how = gone ? "its container was removed" : (cause as Error).message;
    return new EnvironmentError(`${what} went away in the middle of the run: ${how}`, { part: part.name, cause });
  }
}

/**
 * Whether anything runs in a container. The engine says `Running` of a killed one for 100 to 200 ms more (20.10, measured),
 * while its connections are refused already; its list of processes is empty at once.
 */
async function hasProcesses(container: Container): Promise<boolean> {
  try {
    const { Processes: processes } = (await container.top()) as { Processes: unknown[] | null };
    return (processes ?? []).length > 0;
  } catch {
    return false;
  }
}

/** Waits until the engine knows that a container has ended, but not for long: the machine of an engine may lack `ps`. */
async function endSeen(container: Container): Promise<void> {
  await container.wait({ abortSignal: AbortSignal.timeout(deadlines.endSeen) }).catch(() => {});
}
