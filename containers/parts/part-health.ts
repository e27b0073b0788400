import type { Container } from "dockerode";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { deadlines, within } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { ComposeService } from "../../helpers/deployment/types.ts";
import type { Engine } from "../engine/engine.ts";
import { readLastLines } from "./container-log.ts";
import { memoryKill } from "./memory-limit.ts";
import type { PartHandle } from "./part.ts";

/**
 * Why a failure may not be the gateway's: the engine does not answer any more, or a part has stopped. Called after a check
 * has failed, because a check whose part was lost proves nothing about the deployment.
 *
 * @param rigs the rigs that the check used
 * @param servicesOf the operator's services by the parts that run them: one that ends by itself is not the environment's failure
 * @returns undefined when the engine answers and all parts run
 */
export async function environmentTrouble(
  engine: Engine,
  rigs: readonly { parts: Readonly<Record<string, PartHandle>> }[],
  servicesOf: ReadonlyMap<string, ComposeService> = new Map(),
): Promise<EnvironmentError | CheckFailure | undefined> {
  const parts = rigs.flatMap(({ parts: own }) => Object.values(own));
  if (parts.length === 0) return undefined;
  try {
    await within("the engine answers a ping", deadlines.engineStart, engine.docker.ping());
  } catch (cause) {
    return new EnvironmentError(`the engine went away during the run: ${(cause as Error).message}`, {
      cause,
    });
  }
  const trouble = await troubleOf(engine, parts, servicesOf);
  if (trouble !== undefined) return trouble;
  await oneEnds(engine, parts);
  return await troubleOf(engine, parts, servicesOf);
}

async function troubleOf(
  engine: Engine,
  parts: readonly PartHandle[],
  servicesOf: ReadonlyMap<string, ComposeService>,
): Promise<EnvironmentError | CheckFailure | undefined> {
  const stopped = await Promise.all(parts.map((part) => stoppedBecause(engine, part, servicesOf.get(part.name))));
  const errors = stopped.filter((error) => error !== undefined);
  return errors.find((error) => error instanceof EnvironmentError) ?? errors[0];
}

/**
 * Waits until one of the parts ends, or `deadlines.endingSeen`. A killed process closes its connections before the kernel
 * takes it off the list of processes, so a part that refused a check's request may still look well. A busy engine reports
 * the end 300 to 600 ms later (measured), so the parts are inspected again whatever it has reported by then.
 */
async function oneEnds(engine: Engine, parts: readonly PartHandle[]): Promise<void> {
  const abortSignal = AbortSignal.timeout(deadlines.endingSeen);
  const ends = parts.map(async ({ containerId }) => {
    try {
      await engine.docker.getContainer(containerId).wait({ abortSignal });
    } catch (error) {
      // Any other error means that the container is not there any more.
      if (abortSignal.aborted) throw error;
    }
  });
  await Promise.any(ends).catch(() => {});
}

async function stoppedBecause(
  engine: Engine,
  part: PartHandle,
  service: ComposeService | undefined,
): Promise<EnvironmentError | CheckFailure | undefined> {
  const what = `${part.rig}/${part.name}`;
  const container = engine.docker.getContainer(part.containerId);
  try {
    if (!(await hasProcesses(container))) await waitForReportedEnd(container);
    const inspected = await container.inspect();
    const { State: state } = inspected;
    if (state.Running) return undefined;
    const how = memoryKill(inspected) ?? `exit code ${state.ExitCode}`;
    const log = await readLastLines(engine, part.containerId);
    if (service !== undefined && !state.OOMKilled && !isKilled(state.ExitCode))
      return endedService(service, state.ExitCode, log);
    return new EnvironmentError(`${what} stopped during the run: ${how}`, {
      part: part.name,
      log,
    });
  } catch (cause) {
    const gone = (cause as { statusCode?: number }).statusCode === 404;
    const how = gone ? "its container was removed" : (cause as Error).message;
    return new EnvironmentError(`${what} went away during the run: ${how}`, { part: part.name, cause });
  }
}

/** Whether a signal ended it: SIGKILL or SIGTERM of somebody else. */
function isKilled(exitCode: number): boolean {
  return exitCode === 137 || exitCode === 143;
}

function endedService(service: ComposeService, exitCode: number, log: readonly string[]): CheckFailure {
  const restart = service.settings.get("restart")?.value;
  return new CheckFailure({
    summary: `the service ${service.key} ended during the run`,
    code: "service-ended",
    expected: "it runs",
    actual: `it ended with exit code ${exitCode}: ${log.find((line) => /error/i.test(line)) ?? log.at(-1) ?? "without a message"}`,
    cause: "the service itself: a request of this or of another check made it end",
    location: service.location,
    fix:
      restart === undefined
        ? "correct the service, or add 'restart: unless-stopped'"
        : "correct the service, or use another version of it",
  });
}

/**
 * Whether a process runs in a container. The engine reports a killed container as `Running` for another 100 to 200 ms
 * (20.10, measured), while its connections are already refused; its list of processes is empty immediately.
 */
async function hasProcesses(container: Container): Promise<boolean> {
  try {
    const { Processes: processes } = (await container.top()) as { Processes: unknown[] | null };
    return (processes ?? []).length > 0;
  } catch {
    return false;
  }
}

/** Waits until the engine reports that a container has ended. Bounded, because the process list may be empty for lack of `ps`. */
async function waitForReportedEnd(container: Container): Promise<void> {
  await container.wait({ abortSignal: AbortSignal.timeout(deadlines.endSeen) }).catch(() => {});
}
