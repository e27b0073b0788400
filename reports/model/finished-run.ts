import type { TestModule, TestRunEndReason } from "vitest/node";
import { releaseDiskSpace } from "../../helpers/core/disk-reservation.ts";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import type { EnvironmentFailure, RunRecord } from "../../helpers/run/run-record.ts";
import { askRun } from "./ask-run.ts";
import { allChecks, environmentFailures, ownFaults, readRunRecord, runDirectory } from "./collect.ts";
import { incompleteBecause } from "./completeness.ts";
import { leakCheck } from "./leak-check.ts";
import { type CheckResult, type RequirementResult, requirementResults, type Verdict, verdictOf } from "./outcomes.ts";
import { staleGapLines } from "./stale-gaps.ts";

/** What a run came to, before anything of it is taken down. */
export interface FinishedRun {
  directory: string;
  run: RunRecord | undefined;
  checks: readonly CheckResult[];
  /** What went wrong around the checks. */
  environmentFailures: readonly EnvironmentFailure[];
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
  await releaseDiskSpace(directory);
  const run = await currentRecord(modules, directory);
  const checks = [...allChecks(modules, run), ...(await leakCheck(modules, run))];
  const faults = ownFaults(modules, unhandled, directory, run);
  const failures = environmentFailures(run, checks);
  const requirements = requirementResults(loadRequirements(), checks);
  const incomplete = await incompleteBecause(modules, failures, reason);
  const staleGaps = incomplete === undefined ? staleGapLines(modules, run, requirements) : [];
  const verdict = verdictOf(checks, { environment: failures.length > 0, own: [...faults, ...staleGaps] });
  return {
    directory,
    run,
    checks,
    environmentFailures: failures,
    faults,
    staleGaps,
    incomplete,
    requirements,
    verdict,
  };
}

/** From the main process itself, for a disk that is full holds an old record; from `run.json` where it does not answer. */
async function currentRecord(modules: readonly TestModule[], directory: string): Promise<RunRecord | undefined> {
  const descriptor = modules[0]?.project.getProvidedContext().run;
  const answer = descriptor && (await askRun<RunRecord>(descriptor, "record"));
  return answer?.id === undefined ? readRunRecord(directory) : (answer as RunRecord);
}
