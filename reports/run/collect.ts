import { relative } from "node:path";
import type { TestCase, TestModule } from "vitest/node";
import { classify } from "../../helpers/checks/classify.ts";
import type { CheckRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";

/** What vitest knows of one spec file, as plain data. */
export interface CollectedFile {
  /** Relative to the project's root. */
  file: string;
  checks: readonly CheckResult[];
  /** What broke outside of any test, one line each. */
  broken: readonly string[];
  /** Names of tests that no check left a record of although they ran, or that are not checks. */
  withoutRecord: readonly string[];
  /** vitest counts the file as failed. */
  failed: boolean;
  /** vitest counts a test of it as failed. */
  hasFailedTest: boolean;
}

/**
 * Reads the spec files of a run from vitest, in their order.
 *
 * @param interruptedAt ISO 8601; when the run was interrupted
 */
export function collect(modules: readonly TestModule[], interruptedAt: string | undefined): CollectedFile[] {
  return modules.map((module) => {
    const tests = [...module.children.allTests()];
    return {
      file: fileOf(module),
      checks: tests.map((test) => checkResult(test, interruptedAt)),
      broken: brokenOutsideTests(module),
      withoutRecord: tests.filter(lacksRecord).map(({ name }) => name),
      failed: module.state() === "failed",
      hasFailedTest: tests.some((test) => test.result().state === "failed"),
    };
  });
}

/** One of vitest's tests as a check: by the record that it left, or by vitest's own result where it left none. */
export function checkResult(test: TestCase, interruptedAt: string | undefined): CheckResult {
  const { startTime = 0, duration = 0 } = test.diagnostic() ?? {};
  const endedAt = startTime + duration;
  const record = test.meta().check ?? recordOfVitest(test, duration);
  const interrupted = interruptedAt !== undefined && endedAt >= Date.parse(interruptedAt);
  return { ...(interrupted ? afterInterruption(record) : record), file: fileOf(test.module), endedAt };
}

/** What broke outside of any test: a file that does not load, a hook, a suite without tests. One line each. */
export function brokenOutsideTests(module: TestModule): string[] {
  const file = fileOf(module);
  // vitest marks the tests of a suite whose hook failed as skipped: only the suite has the error.
  const suites = [...module.children.allSuites()].flatMap((suite) =>
    suite.errors().map(({ message }) => `${file}, ${suite.fullName}: ${message}`),
  );
  return [...module.errors().map(({ message }) => `${file} did not load: ${message}`), ...suites];
}

function fileOf({ moduleId }: TestModule): string {
  return relative(process.cwd(), moduleId);
}

/** Whether a test is not a check, or ended without the record that each check leaves. */
function lacksRecord(test: TestCase): boolean {
  const { check, checkId } = test.meta();
  return check === undefined && (checkId === undefined || test.result().state === "passed");
}

/** The record of a test that left none: it was not chosen, or it failed before its check began. */
function recordOfVitest(test: TestCase, duration: number): CheckRecord {
  const { checkId } = test.meta();
  const id = checkId ?? test.name;
  const title = test.name.startsWith(`${id}: `) ? test.name.slice(id.length + 2) : test.name;
  const requirements = checkId === undefined ? [] : checkId.split("/").slice(0, 1);
  const record = { id, title, requirements, needs: [], duration, rigs: [], evidence: [], findings: [] };
  const result = test.result();
  if (result.state !== "failed") {
    const note = result.state === "skipped" ? result.note : undefined;
    return { ...record, outcome: "not-tested", reason: note ?? "it did not run" };
  }
  const { name = "Error", message = "vitest gives no reason", stack } = result.errors[0] ?? {};
  if (classify(Object.assign(new Error(message), { name })) === "environment") {
    const environment = { part: undefined, message, log: [] };
    return { ...record, outcome: "not-tested", reason: message, environment };
  }
  return {
    ...record,
    outcome: "failed",
    ownFault: { name, message, ...(stack === undefined ? {} : { stack }) },
  };
}

/** What failed after the run was interrupted says nothing about the gateway, and its cause is known. */
function afterInterruption(record: CheckRecord): CheckRecord {
  const { environment, evidenceLost: _, ...rest } = record;
  if (rest.outcome !== "failed" && environment === undefined) return rest;
  const { failure: __, ownFault: ___, ...untested } = rest;
  return { ...untested, outcome: "not-tested", reason: "the run was interrupted" };
}
