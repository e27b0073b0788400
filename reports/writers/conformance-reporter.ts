import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";
import { ExitCode } from "../../helpers/core/errors.ts";
import { suiteOf } from "../../helpers/requirements/suites.ts";
import { conformanceReport, serialize } from "../model/conformance-json.ts";
import { finishRun } from "../model/finished-run.ts";
import type { Verdict } from "../model/outcomes.ts";
import { statusDocument } from "../status/status-document.ts";
import { failureAnnotations, isOnActions, writeSummary } from "./github-actions.ts";

const exitCodes: Readonly<Record<Verdict, number>> = {
  conformant: ExitCode.conformant,
  "not-conformant": ExitCode.notConformant,
  "environment-failed": ExitCode.environmentFailed,
};

/** Writes `conformance.json` and `STATUS.md`, and makes vitest's process end in the verdict's exit code. */
export default class ConformanceReporter implements Reporter {
  async onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly { message?: string }[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const { directory, ...finished } = await finishRun(modules, unhandled, reason);
    const finishedAt = new Date().toISOString();
    const report = conformanceReport({ ...finished, finishedAt }, (id) => suiteOf(id).folder);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "conformance.json"), serialize(report));
    const status = statusDocument(report);
    writeFileSync(join(directory, "STATUS.md"), status);
    if (isOnActions()) {
      for (const annotation of failureAnnotations(report)) console.log(annotation);
      writeSummary(report, status);
    }
    // vitest knows 0 and 1 alone, and may set its own last.
    const code = exitCodes[finished.verdict];
    process.exitCode = code;
    process.once("exit", () => {
      // What breaks from here on (removal, Allure, publishing) must show: a conformant run that left parts behind is none.
      if (code !== ExitCode.conformant) process.exitCode = code;
    });
  }
}
