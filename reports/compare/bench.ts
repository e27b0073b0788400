import { seconds } from "../../helpers/core/terminal/progress.ts";
import type { ComparableReport } from "../model/read-report.ts";

/** Phases that no run of the gateway can do without: LiteLLM's start, one listing of tools, one turn of an agent. */
const floorPrefix = "floor: ";

/** A run's time relative to its own floor. On a machine that is twice as slow both double: the ratio is what the suite costs. */
export interface Bench {
  /** Milliseconds of the whole run. */
  total: number;
  /** Milliseconds of the phases that no run can do without. */
  floor: number;
  /** Total divided by floor; undefined where the run had no floor, e.g. of a suite that needs no gateway. */
  ratio: number | undefined;
  /** The longest first; `ofFloor` is the phase's time divided by the floor. */
  phases: readonly { name: string; milliseconds: number; ofFloor: number | undefined }[];
}

/** Relates a run's phases to its floor. */
export function benchOf({ run, phases }: ComparableReport): Bench {
  const total = Date.parse(run.finishedAt) - Date.parse(run.startedAt);
  const floor = phases
    .filter(({ name }) => name.startsWith(floorPrefix))
    .reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const ofFloor = (milliseconds: number): number | undefined => (floor > 0 ? milliseconds / floor : undefined);
  const measured = phases.map(({ name, milliseconds }) => ({ name, milliseconds, ofFloor: ofFloor(milliseconds) }));
  return {
    total,
    floor,
    ratio: ofFloor(total),
    phases: measured.toSorted((one, other) => other.milliseconds - one.milliseconds),
  };
}

/** The bench as text, one line for each phase. */
export function benchText({ total, floor, ratio, phases }: Bench): string {
  const line = (name: string, milliseconds: number, share: number | undefined): string =>
    `${name.padEnd(32)} ${seconds(milliseconds).padStart(12)}${share === undefined ? "" : `  ${share.toFixed(2)} × floor`}`;
  return [
    ...phases.map(({ name, milliseconds, ofFloor }) => line(name, milliseconds, ofFloor)),
    line("the floor", floor, undefined),
    line("the whole run", total, ratio),
  ].join("\n");
}
