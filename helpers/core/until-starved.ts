import { until } from "./deadlines.ts";
import { deadlineFactor } from "./run-config.ts";
import { starvationText, starvedFrom, watchStarvation } from "./starvation.ts";

/**
 * Polls like {@link until}; where the machine was starved until the deadline, it waits once more as long.
 *
 * @param watch see {@link watchStarvation}; where nothing measures, the machine does not count as starved
 * @throws {Error} with how starved the machine was, when the second deadline passes; see {@link until} for the first
 */
export async function untilTwiceIfStarved<T>(
  what: string,
  deadline: number,
  ask: () => Promise<T | undefined>,
  watch = watchStarvation,
): Promise<T> {
  const measured = watch();
  try {
    return await until(what, deadline, ask);
  } catch (late) {
    const starvation = measured();
    if (starvation === undefined || starvation.share < starvedFrom) throw late;
    return await until(what, deadline, ask).catch((error: Error) => {
      const busy = `the suite waited twice as long, because the machine was busy (${starvationText(starvation)})`;
      const fix = `give it two free cores, or set DEADLINE_FACTOR to more than ${deadlineFactor}`;
      throw new Error(`${error.message}; ${busy}: ${fix}`, { cause: error });
    });
  }
}
