import { setTimeout as wait } from "node:timers/promises";
import type { Engine } from "../../containers/engine/engine.ts";
import { partsOfProcess } from "../../containers/engine/run-labels.ts";

/** How long a pause lasts, in milliseconds: longer than a connection may take, shorter than a response may take. */
const pauseLength = 2_500;

/** Time between two pauses, in milliseconds. */
const pauseInterval = 4_500;

/**
 * Pauses every LiteLLM of a run repeatedly, as an overloaded machine would. LiteLLM does nothing wrong: a check that fails
 * because of it does not wait long enough, and would report failures of a gateway that has none.
 *
 * @param pid of the run's process
 * @param ended ends it; no container stays paused
 * @returns how many pauses there were
 */
export async function injectPauses(engine: Engine, pid: number, ended: AbortSignal): Promise<number> {
  let pauses = 0;
  // When the run ends in the middle of a pause there is nothing to wait for.
  const untilEnded = (milliseconds: number): Promise<void> =>
    wait(milliseconds, undefined, { signal: ended }).catch(() => undefined);
  while (!ended.aborted) {
    const containers = (await partsOfProcess(engine, pid, "litellm")).map((id) => engine.docker.getContainer(id));
    await Promise.all(
      containers.map(async (container) => {
        try {
          await container.pause();
        } catch {
          // A check has stopped or removed it in the meantime.
          return;
        }
        pauses++;
        await untilEnded(pauseLength);
        await container.unpause().catch(() => undefined);
      }),
    );
    await untilEnded(pauseInterval);
  }
  return pauses;
}
