import type { FinalCheck, RunDescriptor, RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";
import { askRun } from "./ask-run.ts";

/** The checks that the main process runs when all others are over, and why they did not run, if so. */
export interface FinalResults {
  checks: readonly CheckResult[];
  /** Faults of the suite itself. */
  faults: readonly string[];
}

/**
 * Has the main process run the final checks, while the parts are still up. Never throws: a report is written even where
 * they cannot run.
 *
 * @returns no check where no part was started or the run was interrupted: then there is nothing to judge
 */
export async function finalChecks(
  descriptor: RunDescriptor | undefined,
  run: RunRecord | undefined,
): Promise<FinalResults> {
  if (descriptor === undefined || run === undefined || run.parts.length === 0 || run.interruptedAt !== undefined)
    return { checks: [], faults: [] };
  const answer = await askRun<readonly FinalCheck[]>(descriptor, "final-checks");
  if ("error" in answer) return { checks: [], faults: [`the final checks did not run: ${answer.error}`] };
  const endedAt = Date.now();
  return { checks: answer.value.map(({ record, file }) => ({ ...record, file, endedAt })), faults: [] };
}
