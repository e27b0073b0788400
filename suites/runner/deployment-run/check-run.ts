import type { CheckRecord } from "../../../helpers/run/run-record.ts";
import type { LoadedCheck } from "../load-checks.ts";

/** One check that was run on one deployment. */
export interface CheckRun {
  check: LoadedCheck;
  record: CheckRecord;
}

/** Whether the check found that a requirement does not hold. A fault of the suite, or of the environment, detects nothing. */
export function detected({ record }: CheckRun): boolean {
  return record.outcome === "failed" && record.failure !== undefined;
}

/** What a check reported; empty where it passed. */
export function messageOf({ failure, ownFault, environment, reason }: CheckRecord): string {
  return failure?.message ?? ownFault?.message ?? environment?.message ?? reason ?? "";
}
