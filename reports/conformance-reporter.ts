import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestModule, TestRunEndReason, TestSpecification, Vitest } from "vitest/node";
import { ExitCode } from "../helpers/faults.ts";
import { suiteOf } from "../helpers/requirements.ts";
import type { RunRecord } from "../helpers/run-record.ts";
import { conformanceReport, serialize } from "./conformance-json.ts";
import { finishRun } from "./finished-run.ts";
import type { Verdict } from "./outcomes.ts";
import { statusDocument } from "./status-document.ts";

const exitCodes: Readonly<Record<Verdict, number>> = {
  conformant: ExitCode.conformant,
  "not-conformant": ExitCode.notConformant,
  "environment-failed": ExitCode.environmentFailed,
};

/** Writes `conformance.json` and `STATUS.md`, and makes vitest's process end in the verdict's exit code. */
export default class ConformanceReporter implements Reporter {
  #vitest: Vitest | undefined;
  #files: readonly TestSpecification[] = [];

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#files = specifications;
  }

  async onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly { message?: string }[],
    reason: TestRunEndReason,
  ): Promise<void> {
    const { directory, run, faults, requirements, verdict } = await finishRun(modules, unhandled);
    const incomplete = await this.#incomplete(run, reason);
    const finishedAt = new Date().toISOString();
    const report = conformanceReport({ run, finishedAt, verdict, incomplete, faults, requirements }, suiteOf);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "conformance.json"), serialize(report));
    writeFileSync(join(directory, "STATUS.md"), statusDocument(report));
    // vitest knows 0 and 1 alone, and may set its own last.
    const code = exitCodes[verdict];
    process.exitCode = code;
    process.once("exit", () => {
      // What breaks from here on (removal, Allure, publishing) must show: a conformant run that left parts behind is none.
      if (code !== ExitCode.conformant) process.exitCode = code;
    });
  }

  async #incomplete(run: RunRecord | undefined, reason: TestRunEndReason): Promise<string | undefined> {
    if (run && run.environmentFailures.length > 0)
      return run.environmentFailures.map(({ message }) => message).join("; ");
    if (reason === "interrupted") return "the run was interrupted";
    const vitest = this.#vitest;
    if (vitest === undefined) return undefined;
    if (vitest.config.testNamePattern !== undefined)
      return `only checks named like ${vitest.config.testNamePattern.source} were run`;
    const all = await vitest.globTestSpecifications();
    return this.#files.length < all.length ? `${this.#files.length} of ${all.length} spec files were run` : undefined;
  }
}
