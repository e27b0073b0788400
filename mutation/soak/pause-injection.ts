import { setTimeout as pause } from "node:timers/promises";
import type { Engine } from "../../containers/engine/engine.ts";
import { partsOfProcess } from "../../containers/engine/run-labels.ts";

/** For so long every LiteLLM stands still, in milliseconds: longer than a connection may take, shorter than an answer may. */
const still = 2_500;

/** For so long it goes on before it stands still again, in milliseconds. */
const going = 4_500;

/**
 * Has every LiteLLM of a run stand still again and again, as on a machine that is short of processors. It does nothing
 * wrong: a check that fails for it has no patience, and would cry wolf.
 *
 * @param pid of the process whose run it is
 * @param ended ends it; none stands still afterwards
 * @returns how often one stood still
 */
export async function injectPauses(engine: Engine, pid: number, ended: AbortSignal): Promise<number> {
  let times = 0;
  // Ended in the middle of a pause: there is nothing more to wait for.
  const wait = (milliseconds: number): Promise<void> =>
    pause(milliseconds, undefined, { signal: ended }).catch(() => undefined);
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
        times++;
        await wait(still);
        await container.unpause().catch(() => undefined);
      }),
    );
    await wait(going);
  }
  return times;
}
