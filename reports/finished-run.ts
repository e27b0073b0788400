import type { TestModule, TestRunEndReason } from "vitest/node";
import { loadRequirements } from "../helpers/requirements.ts";
import type { RunRecord } from "../helpers/run-record.ts";
import { allChecks, ownFaults, readRunRecord, runDirectory } from "./collect.ts";
import { incompleteBecause } from "./completeness.ts";
import { leakCheck } from "./leak-check.ts";
import { type CheckResult, type RequirementResult, requirementResults, type Verdict, verdictOf } from "./outcomes.ts";
import { staleGapLines } from "./stale-gaps.ts";

/** What a run came to, before anything of it is taken down. */
export interface FinishedRun {
  directory: string;
  run: RunRecord | undefined;
  checks: readonly CheckResult[];
  /** The suite's own. */
  faults: readonly string[];
  /** Known gaps of the deployment that are gone. */
  staleGaps: readonly string[];
  /** Why the run did not try everything; undefined when it did. */
  incomplete: string | undefined;
  requirements: readonly RequirementResult[];
  verdict: Verdict;
}

let finished: Promise<FinishedRun> | undefined;

/** Judges the run, once for all reporters of a process. */
export function finishRun(
  modules: readonly TestModule[],
  unhandled: readonly { message?: string }[],
  reason: TestRunEndReason,
): Promise<FinishedRun> {
  finished ??= judge(modules, unhandled, reason);
  return finished;
}

async function judge(
  modules: readonly TestModule[],
  unhandled: readonly { message?: string }[],
  reason: TestRunEndReason,
): Promise<FinishedRun> {
  const directory = runDirectory();
  const run = readRunRecord(directory);
  const checks = [...allChecks(modules, run), ...(await leakCheck(modules, run))];
  const faults = ownFaults(modules, unhandled, directory, run);
  const environment = (run?.environmentFailures.length ?? 0) > 0;
  const requirements = requirementResults(loadRequirements(), checks);
  const incomplete = await incompleteBecause(modules, run, reason);
  const staleGaps = incomplete === undefined ? staleGapLines(modules, run, requirements) : [];
  const verdict = verdictOf(checks, { environment, own: [...faults, ...staleGaps] });
  return { directory, run, checks, faults, staleGaps, incomplete, requirements, verdict };
}
