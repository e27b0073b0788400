import { relative } from "node:path";
import { inject, type TestContext, test } from "vitest";
import { attachEvidence, labelCheck, linkEvidence, showSteps, stepsOf } from "../../../helpers/checks/allure.ts";
import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { CheckRecord } from "../../../helpers/run/run-record.ts";
import { type Check, registerWith } from "../check.ts";
import { type CheckObserver, executeCheck } from "../execute-check.ts";
import { fileKeeper } from "./failure-files.ts";
import { RunFiles } from "./run-files.ts";
import { type RunWorker, runWorker } from "./run-worker.ts";

/**
 * vitest's set-up file for a run: every check that a spec file declares becomes a test. vitest's own time-out is off: the
 * executor's clock starts when the check's targets are ready.
 */
registerWith((check) => {
  test(`${check.id}: ${check.title}`, { timeout: 0, meta: { checkId: check.id } }, (context) =>
    runTest(check, context),
  );
});

async function runTest(check: Check, { task, skip }: TestContext): Promise<void> {
  const worker = await runWorker();
  await labelCheck(check);
  const files = new RunFiles(inject("run").directory, worker.secrets, {
    attach: attachEvidence,
    link: linkEvidence,
  });
  const file = relative(process.cwd(), task.file.filepath);
  const executed = await executeCheck(check, {
    targets: worker.targets,
    secrets: worker.secrets,
    activeGaps: () => worker.activeGaps(),
    observer: observerOf(worker, files, file),
    whenStarved: "repeat",
  });
  if (executed.repeats !== undefined) await worker.server.addRepeat({ check: check.id, why: executed.repeats });
  const record: CheckRecord = {
    ...executed,
    evidence: files.evidence,
    ...(files.lost === undefined ? {} : { evidenceLost: files.lost }),
  };
  task.meta.check = record;
  if (record.outcome === "passed") return;
  if (record.outcome === "failed" && record.repeats !== undefined)
    skip(`its failure is doubtful (${record.repeats}): it is repeated alone`);
  if (record.outcome === "failed") throw failedTest(record);
  if (record.environment !== undefined) throw failedTest(record);
  if (record.gap !== undefined && record.failure !== undefined)
    await attachEvidence("known gap", `${record.reason}\n${record.failure.message}`, "text/plain");
  skip(`${record.outcome.replace("-", " ")}: ${record.reason}`);
}

function observerOf(worker: RunWorker, files: RunFiles, file: string): CheckObserver {
  const kept = fileKeeper(files, file, worker.surroundings);
  let failure: FailureDetails | undefined;
  return {
    ...kept,
    addPhase: (phase) => worker.server.addPhase(phase),
    addResponseLeaks: (leaks) => worker.server.addResponseLeaks(leaks),
    async did(activity) {
      await showSteps(stepsOf(activity.exchanges, activity.actions.commands, worker.secrets, failure));
      await kept.did(activity);
    },
    failed(failed) {
      failure = failed.details;
      return kept.failed(failed);
    },
  };
}

/** What makes the test fail; reports read the record. */
function failedTest({ failure, ownFault, environment }: CheckRecord): Error {
  const error = new Error(failure?.message ?? ownFault?.message ?? environment?.message ?? "");
  error.name = failure !== undefined ? "CheckFailure" : (ownFault?.name ?? "EnvironmentError");
  if (ownFault?.stack !== undefined) error.stack = ownFault.stack;
  else delete error.stack;
  return error;
}
