import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule, TestRunEndReason } from "vitest/node";
import { ExitCode } from "../../helpers/core/errors.ts";
import { conformanceReport, serialize } from "../model/conformance-json.ts";
import type { RunVerdict } from "../model/outcomes.ts";
import { writePage } from "../page/write-page.ts";
import { finishRun } from "../run/finished-run.ts";
import { readOpenQuestions } from "../status/open-questions.ts";
import { statusDocument } from "../status/status-document.ts";
import { badge } from "./badge.ts";
import { actionsJob, failureAnnotations, writeSummary } from "./github-actions.ts";
import { junitXml } from "./junit.ts";
import { resultsSarif } from "./results-sarif.ts";

const exitCodes: Readonly<Record<RunVerdict, number>> = {
  conformant: ExitCode.conformant,
  "not-conformant": ExitCode.notConformant,
  "nothing-selected": ExitCode.deploymentWrong,
  "environment-failed": ExitCode.environmentFailed,
};

/** Writes the report except Allure's page, and sets the exit code of vitest's process to that of the verdict. */
export default class ConformanceReporter implements Reporter {
  async onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly { message?: string }[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const { directory, ...finished } = await finishRun(modules, unhandled, reason);
    const report = conformanceReport(finished);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "conformance.json"), serialize(report));
    const status = statusDocument(report, readOpenQuestions(report.deployment.folder));
    writeFileSync(join(directory, "STATUS.md"), status);
    writeFileSync(join(directory, "junit.xml"), junitXml(report));
    writeFileSync(join(directory, "results.sarif"), resultsSarif(report));
    writeFileSync(join(directory, "badge.json"), badge(report));
    writePage(report, directory);
    const job = actionsJob();
    if (job !== undefined) {
      for (const annotation of failureAnnotations(report, job)) console.log(annotation);
      writeSummary(report, status, job);
    }
    // vitest itself sets only 0 and 1, and may do so last.
    const code = exitCodes[finished.verdict];
    process.exitCode = code;
    process.once("exit", () => {
      // What breaks from here on (removal, Allure, publishing) must show: a run that left parts behind is not conformant.
      if (code !== ExitCode.conformant) process.exitCode = code;
    });
  }
}
