import type { Step } from "../../helpers/core/terminal/progress.ts";
import type { Engine } from "../engine/engine.ts";
import { followEngineReport } from "./building/build.ts";

/**
 * Pulls an image.
 *
 * @param step shows the engine's report line by line
 * @param stallDeadline the pull is cancelled when the engine reports nothing for this long, in milliseconds; undefined for
 * no limit
 * @throws {ImageError} when the engine reports a failure
 * @throws {Error} when the pull stalls, or the engine cannot be reached
 */
export async function pullImage(
  engine: Engine,
  reference: string,
  step: Step,
  stallDeadline: number | undefined,
): Promise<void> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const restartTimer = (): void => {
    if (stallDeadline === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(
      () => abort.abort(new Error(`the engine reported no progress for ${stallDeadline / 1000} s`)),
      stallDeadline,
    );
  };
  restartTimer();
  try {
    const stream = await engine.docker.pull(reference, { abortSignal: abort.signal });
    await followEngineReport(engine, stream, (line) => {
      restartTimer();
      step.note(line);
    });
  } finally {
    clearTimeout(timer);
  }
}
