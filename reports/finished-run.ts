import type { TestModule } from "vitest/node";
import { loadRequirements } from "../helpers/requirements.ts";
import type { RunRecord } from "../helpers/run-record.ts";
import { allChecks, ownFaults, readRunRecord, runDirectory } from "./collect.ts";
import { leakCheck } from "./leak-check.ts";
import { type CheckResult, type RequirementResult, requirementResults, type Verdict, verdictOf } from "./outcomes.ts";

/** What a run came to, before anything of it is taken down. */
export interface FinishedRun {
  directory: string;
  run: RunRecord | undefined;
  checks: readonly CheckResult[];
  /** The suite's own. */
  faults: readonly string[];
  requirements: readonly RequirementResult[];
  verdict: Verdict;
}

let finished: Promise<FinishedRun> | undefined;

/** Judges the run, once for all reporters of a process. */
export function finishRun(
  modules: readonly TestModule[],
  unhandled: readonly { message?: string }[],
): Promise<FinishedRun> {
  finished ??= judge(modules, unhandled);
  return finished;
}

async function judge(modules: readonly TestModule[], unhandled: readonly { message?: string }[]): Promise<FinishedRun> {
  const directory = runDirectory();
  const run = readRunRecord(directory);
  const checks = [...allChecks(modules, run), ...(await leakCheck(modules, run))];
  const faults = ownFaults(modules, unhandled, directory, run);
  const environment = (run?.environmentFailures.length ?? 0) > 0;
  const verdict = verdictOf(checks, { environment, own: faults });
  return { directory, run, checks, faults, requirements: requirementResults(loadRequirements(), checks), verdict };
}
