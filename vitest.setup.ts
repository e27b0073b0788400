import { readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { TestProject } from "vitest/node";
import { Session } from "./containers/run/session.ts";
import { DeploymentError, EnvironmentError, ExitCode, faultLine } from "./helpers/core/errors.ts";
import { type RunConfig, runConfig } from "./helpers/core/run-config.ts";
import { type Progress, progress } from "./helpers/core/terminal/progress.ts";
import { runDirectory } from "./helpers/run/run-directory.ts";
import { publishLatest } from "./reports/publish/publish-latest.ts";
import { generateAllure } from "./reports/writers/allure/allure.ts";
import { actionsJob, faultAnnotations } from "./reports/writers/github-actions.ts";
import { runFinalChecks } from "./suites/runner/final-checks.ts";
import { loadChecks } from "./suites/runner/load-checks.ts";
import { chosenChecks, rigsFor } from "./suites/runner/vitest/file-order.ts";

/** The main process's side of a run: begins the session before the first worker, and ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = runDirectory();
  const config = runConfig();
  let outputIsClosed = false;
  process.stdout.once("error", () => {
    outputIsClosed = true;
  });
  const begun: { session?: Session } = {};
  endOnSignals(project, begun, directory, progress);
  const session = await begin(config, directory, progress);
  begun.session = session;
  try {
    project.provide("run", session.descriptor);
    // The edge rig is up in a second; the others boot while the checks at the edge run.
    const chosen = await chosenChecks(project.vitest.config.testNamePattern);
    const needs = chosen.filter((check) => session.supports(check.needs)).flatMap((check) => check.needs);
    session.prepare([...rigsFor(needs)].filter((rig) => rig !== "edge"));
  } catch (error) {
    // vitest calls no teardown of a set-up that threw.
    await session.end();
    throw error;
  }
  const target = resolve(config.reports);
  return async () => {
    await Promise.all([
      attempt("the parts were not removed (the next start removes them)", () => session.end()),
      attempt("the Allure report is missing", () =>
        progress.during("write the Allure report", () => generateAllure(directory, join(dirname(target), ".history"))),
      ),
    ]);
    await attempt(`the report stays in ${directory}`, async () => void (await publishLatest(directory, target)));
    // vitest would wait a minute for its workers to flush their output to a closed stream, and for what a rig that was
    // just starting still asks of parts that are gone.
    if (outputIsClosed || session.isInterrupted) process.exit();
  };

  /** What goes wrong after the last check must show, and must not cost the report. */
  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      progress.line(`${what}: ${(error as Error).message}`);
      process.exitCode = ExitCode.environmentFailed;
    }
  }
}

async function begin(config: RunConfig, directory: string, progress: Progress): Promise<Session> {
  try {
    return await Session.begin({
      config,
      checks: await loadChecks(),
      finalChecks: (run) => runFinalChecks(run, directory, progress),
      directory,
      suiteVersion: suiteVersion(),
      arguments: process.argv.slice(2),
      progress,
    });
  } catch (error) {
    if (error instanceof DeploymentError) {
      for (const fault of error.faults) progress.line(faultLine(fault));
      const job = actionsJob();
      if (job !== undefined) for (const annotation of faultAnnotations(error.faults, job)) progress.line(annotation);
      endBeforeTheStart(error, directory);
    }
    if (error instanceof EnvironmentError) {
      for (const line of error.log) progress.line(`  ${line}`);
      progress.line(error.message);
      endBeforeTheStart(error, directory);
    }
    throw error;
  }
}

/** Nothing was started: neither a report nor anything else of the run is left. */
function endBeforeTheStart({ exitCode }: { exitCode: number }, directory: string): never {
  rmSync(directory, { recursive: true, force: true });
  process.exit(exitCode);
}

function suiteVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}

/** How long the end of an interrupted run may take, in milliseconds, before the process exits. */
const longestEnd = 60_000;

/** Ctrl-C and the like remove everything; the run then ends by itself, with a report of what was proved until then. */
function endOnSignals(project: TestProject, begun: { session?: Session }, directory: string, progress: Progress): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // vitest's own handler ends the process a millisecond later, with everything still up.
    process.removeAllListeners(signal);
    process.once(signal, () => {
      const { session } = begun;
      if (session === undefined) {
        progress.line(`${signal}: nothing was started yet`);
        endBeforeTheStart({ exitCode: ExitCode.environmentFailed }, directory);
      }
      progress.line(`${signal}: removing the parts`);
      session.interrupt(signal).catch((error: Error) => progress.line(`the parts were not removed: ${error.message}`));
      void project.vitest.cancelCurrentRun("keyboard-input");
      setTimeout(() => process.exit(ExitCode.environmentFailed), longestEnd).unref();
    });
  }
}
