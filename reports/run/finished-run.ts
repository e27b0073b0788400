import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TestModule, TestRunEndReason } from "vitest/node";
import { releaseDiskSpace } from "../../helpers/core/disk-reservation.ts";
import { activeGaps, type KnownGap, staleGaps } from "../../helpers/requirements/known-gaps.ts";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import { runDirectory } from "../../helpers/run/run-directory.ts";
import type { RunDescriptor, RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { ReportInput } from "../model/conformance-json.ts";
import { type RequirementResult, requirementResults, verdictOf } from "../model/outcomes.ts";
import { askRun } from "./ask-run.ts";
import { collect } from "./collect.ts";
import { incompleteBecause } from "./completeness.ts";
import { environmentFailures, suiteFaults } from "./faults.ts";
import { finalChecks } from "./final-checks.ts";
import { withKnownDefects } from "./known-defects.ts";

/** What a run resulted in, before its parts are taken down. */
export interface FinishedRun extends ReportInput {
  /** The run's directory. */
  directory: string;
  /** Every check, the final ones last. */
  checks: readonly CheckResult[];
  /** Those that ran in the main process when all others were over; vitest has no test for them. */
  finalChecks: readonly CheckResult[];
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

/** When the run was interrupted, by its record on disk; ISO 8601. */
export function interruptedAt(directory: string): string | undefined {
  return readRunRecord(directory)?.interruptedAt;
}

async function judge(
  modules: readonly TestModule[],
  unhandled: readonly { message?: string }[],
  reason: TestRunEndReason,
): Promise<FinishedRun> {
  const directory = runDirectory();
  await releaseDiskSpace(directory);
  const descriptor = modules[0]?.project.getProvidedContext().run;
  const run = await currentRecord(descriptor, directory);
  const files = collect(modules, run?.interruptedAt);
  const final = await finalChecks(descriptor, run);
  // The final checks and the repeats are part of the run's time.
  const finishedAt = new Date().toISOString();
  const repeated = new Set(final.checks.map(({ id }) => id));
  const first = files.flatMap((file) => file.checks).filter(({ id, repeats }) => !repeats || !repeated.has(id));
  const checks = withKnownDefects([...first, ...final.checks], run);
  const failures = environmentFailures(run, checks);
  const faults = [...suiteFaults({ files, checks, unhandled, run }, directory), ...final.faults];
  const requirements = requirementResults(loadRequirements(), checks);
  const incomplete = await incompleteBecause(modules, failures, reason);
  const stale = incomplete === undefined ? staleGapsOf(descriptor, run, requirements) : [];
  const verdict = verdictOf(
    checks,
    { environment: failures.length > 0, suite: faults.length > 0 || stale.length > 0 },
    incomplete !== undefined && reason !== "interrupted",
  );
  return {
    directory,
    run,
    finishedAt,
    checks,
    finalChecks: final.checks,
    environmentFailures: failures,
    faults,
    staleGaps: stale,
    incomplete,
    requirements,
    verdict,
  };
}

/** From the main process, because a full disk holds an old record; from `run.json` where there is no answer. */
async function currentRecord(descriptor: RunDescriptor | undefined, directory: string): Promise<RunRecord | undefined> {
  const answer = descriptor && (await askRun<RunRecord>(descriptor, "record"));
  return answer !== undefined && "value" in answer ? answer.value : readRunRecord(directory);
}

/** The run's record on disk; undefined when the run ended before it began. */
function readRunRecord(directory: string): RunRecord | undefined {
  const file = join(directory, "run.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as RunRecord) : undefined;
}

/**
 * The deployment's known gaps that no longer fail. Only a run that tested everything can say so: a check that did not run
 * may be the one that fails.
 */
function staleGapsOf(
  descriptor: RunDescriptor | undefined,
  run: RunRecord | undefined,
  requirements: readonly RequirementResult[],
): readonly KnownGap[] {
  if (descriptor === undefined || run === undefined) return [];
  const running = new Map(run.parts.map(({ name, version }) => [name, version]));
  return staleGaps(activeGaps(descriptor.knownGaps, running), requirements);
}
