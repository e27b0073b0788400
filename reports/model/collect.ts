import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { TestError } from "vitest";
import type { TestCase, TestModule } from "vitest/node";
import { z } from "zod";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import type { EnvironmentFailure, RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult, Outcome } from "./outcomes.ts";

/** The run's directory, which vitest.config.ts names before any reporter is made. */
export function runDirectory(): string {
  const directory = process.env.GATEWAY_CONFORMANCE_RUN_DIRECTORY;
  if (directory === undefined) throw new Error("GATEWAY_CONFORMANCE_RUN_DIRECTORY is unset: vitest.config.ts sets it");
  return directory;
}

/** What the main process knows of the run; undefined when it ended before it began. */
export function readRunRecord(directory: string): RunRecord | undefined {
  const file = join(directory, "run.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as RunRecord) : undefined;
}

/** One test of vitest's as a check. */
export function checkResult(test: TestCase, run?: RunRecord): CheckResult {
  const meta = test.meta();
  const result = test.result();
  const error = result.state === "failed" ? result.errors[0] : undefined;
  const { startTime = 0, duration = 0 } = test.diagnostic() ?? {};
  const cut = run?.interruptedAt !== undefined && startTime + duration >= Date.parse(run.interruptedAt);
  // A part that failed, or was taken away, says nothing of the gateway.
  const untested = error?.name === "EnvironmentError" || (cut && result.state === "failed");
  const outcome = untested ? "not-tested" : outcomeOf(result.state, meta);
  // What an interruption takes away has one cause, which the run itself tells.
  const environment = cut ? undefined : environmentFailure(error, meta.evidenceLost);
  return {
    name: test.name,
    file: relative(process.cwd(), test.module.moduleId),
    requirements: meta.requirements ?? [],
    outcome,
    duration,
    endedAt: startTime + duration,
    rigs: meta.rigs ?? [],
    evidence: meta.evidence ?? [],
    findings: meta.findings ?? [],
    ...(meta.gateway === undefined ? {} : { gateway: meta.gateway }),
    ...(meta.failure === undefined ? {} : { failure: meta.failure }),
    ...locationOf(error),
    ...(environment === undefined ? {} : { environment }),
    message: error?.message ?? meta.knownGap ?? meta.notSupported,
    errorName: error?.name,
  };
}

/** Errors travel from the workers as plain data. */
const toldError = z.object({
  log: z.array(z.string()).optional(),
  part: z.string().optional(),
  story: z.object({ location: z.object({ file: z.string(), line: z.number() }).optional() }).optional(),
});

function locationOf(error: TestError | undefined): Pick<CheckResult, "location"> {
  const location = toldError.safeParse(error).data?.story?.location;
  return location === undefined ? {} : { location: { file: displayPath(location.file), line: location.line } };
}

function environmentFailure(
  error: TestError | undefined,
  evidenceLost: string | undefined,
): EnvironmentFailure | undefined {
  if (error?.name === "EnvironmentError") {
    const { part, log = [] } = toldError.safeParse(error).data ?? {};
    return { part, message: error.message, log };
  }
  if (evidenceLost === undefined) return undefined;
  return { part: undefined, message: `evidence could not be written: ${evidenceLost}`, log: [] };
}

/** What went wrong around the checks, by the run's own word and by theirs: each once. */
export function environmentFailures(run: RunRecord | undefined, checks: readonly CheckResult[]): EnvironmentFailure[] {
  const failures = [...(run?.environmentFailures ?? []), ...checks.flatMap(({ environment }) => environment ?? [])];
  const known = new Map(failures.map((failure) => [failure.message, failure]));
  return [...known.values()];
}

function outcomeOf(state: string, meta: ReturnType<TestCase["meta"]>): Outcome {
  if (state === "failed") return "failed";
  if (state === "passed") return "passed";
  if (meta.knownGap !== undefined) return "known-gap";
  return meta.notSupported === undefined ? "not-tested" : "not-supported";
}

/** Every check of the run, in the order of their files. */
export function allChecks(modules: readonly TestModule[], run: RunRecord | undefined): CheckResult[] {
  return modules.flatMap((module) => [...module.children.allTests()].map((test) => checkResult(test, run)));
}

/** What broke outside of any test: a file that does not load, a hook, a suite without tests. One line each. */
export function brokenOutsideTests(module: TestModule): string[] {
  const file = relative(process.cwd(), module.moduleId);
  // vitest marks the tests of a suite whose hook failed as skipped: only the suite knows.
  const suites = [...module.children.allSuites()].flatMap((suite) =>
    suite.errors().map(({ message }) => `${file}, ${suite.fullName}: ${message}`),
  );
  return [...module.errors().map(({ message }) => `${file} did not load: ${message}`), ...suites];
}

/** What is wrong with the suite itself rather than with the gateway. */
export function ownFaults(
  modules: readonly TestModule[],
  unhandled: readonly { message?: string }[],
  directory: string,
  run: RunRecord | undefined,
): string[] {
  const faults = unhandled.map(({ message }) => `unhandled error: ${message}`);
  if (run === undefined && modules.length > 0) faults.push("run.json is missing: nothing says what was tested");
  for (const module of modules) {
    const broken = brokenOutsideTests(module);
    faults.push(...broken);
    const told = broken.length > 0 || [...module.children.allTests("failed")].length > 0;
    // Whatever else vitest calls a failure must not end as conformant.
    if (module.state() === "failed" && !told)
      faults.push(`${relative(process.cwd(), module.moduleId)} failed, and no check says why`);
  }
  for (const check of allChecks(modules, run)) {
    if (check.requirements.length === 0)
      faults.push(`${check.file}: "${check.name}" names no requirement; use conformance(…)`);
    for (const path of check.evidence) {
      if (!existsSync(join(directory, path)))
        faults.push(`${check.file}: the evidence ${path} of "${check.name}" is missing`);
    }
    if (check.failure !== undefined && !existsSync(join(directory, check.failure)))
      faults.push(`${check.file}: what the failure of "${check.name}" left is missing: ${check.failure}`);
  }
  return faults;
}
