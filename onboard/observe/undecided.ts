import { starvationText, starvedFrom, watchStarvation } from "../../helpers/core/starvation.ts";
import { type Answer, silence } from "../protocol/channel.ts";

/** What was seen of a candidate, and how to ask it everything again. */
export interface Column<Seen> {
  seen: Seen;
  again: () => Promise<Seen>;
}

/** The part of an observation that a starved machine decides instead of the candidate. */
interface Awaited {
  /** How the machine was starved meanwhile; undefined where it was not. */
  starved: string | undefined;
  answers: readonly Answer[];
  /** Why something else failed; an answer that did not come begins with {@link silence}. */
  faults: readonly string[];
  /** Whether the time was over before everything was asked. */
  isCutShort: boolean;
}

/** Begins to measure; the result says how the machine was starved since, and is undefined where it was not. */
export function watchForStarvation(): () => string | undefined {
  const watch = watchStarvation();
  return () => {
    const starvation = watch();
    return starvation !== undefined && starvation.share >= starvedFrom ? starvationText(starvation) : undefined;
  };
}

/**
 * Why an observation says nothing of the candidate or its gateway: an answer came late or not at all while processes waited for
 * a CPU. Undefined where it can be judged.
 *
 * @param latencyMs the budget of one answer, in milliseconds
 */
export function undecided({ starved, answers, faults, isCutShort }: Awaited, latencyMs: number): string | undefined {
  if (starved === undefined) return undefined;
  const isLate = ({ kind, took }: Answer): boolean => kind === "silent" || took > latencyMs;
  if (!isCutShort && !answers.some(isLate) && !faults.some((fault) => fault.includes(silence))) return undefined;
  return `an answer did not come in time; ${starved}`;
}
