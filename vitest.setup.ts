import { readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { TestProject } from "vitest/node";
import type { ImageMode } from "./containers/images/images.ts";
import type { RigName } from "./containers/rigs/rig.ts";
import { Session } from "./containers/run/session.ts";
import { DeploymentError, EnvironmentError, ExitCode, faultLine } from "./helpers/core/errors.ts";
import { type Progress, progress } from "./helpers/core/terminal/progress.ts";
import { heavyClients } from "./helpers/run/client-choice.ts";
import { publishLatest } from "./reports/publish/publish-latest.ts";
import { generateAllure } from "./reports/writers/allure.ts";
import { faultAnnotations, isOnActions } from "./reports/writers/github-actions.ts";
import { chosenFiles, rigsOf } from "./suites/runner/file-order.ts";

const imageModes: readonly ImageMode[] = ["auto", "pull", "build"];

/** The main process's side of a run: begins the session before the first worker, ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = process.env.GATEWAY_CONFORMANCE_RUN_DIRECTORY;
  if (directory === undefined) throw new Error("vitest.config.ts names the run's directory");
  let readerIsGone = false;
  process.stdout.once("error", () => {
    readerIsGone = true;
  });
  const begun: { session?: Session } = {};
  onSignals(project, begun, directory, progress);
  const session = await begin(directory, progress);
  begun.session = session;
  try {
    project.provide("run", session.descriptor);
    for (const rig of slowRigs(project)) session.prepare(rig);
  } catch (error) {
    // vitest calls no teardown of a set-up that threw.
    await session.end();
    throw error;
  }
  const target = resolve(process.env.REPORTS ?? "reports/latest");
  return async () => {
    await Promise.all([
      attempt("the parts were not removed (the next start removes them)", () => session.end()),
      attempt("there is no Allure report", () =>
        progress.during("write the Allure report", () => generateAllure(directory, join(dirname(target), ".history"))),
      ),
    ]);
    await attempt(`the report stays in ${directory}`, async () => void (await publishLatest(directory, target)));
    // vitest would wait a minute for its workers to flush their output to a reader that has gone away, and for what a
    // rig that was just starting still asks of parts that are gone.
    if (readerIsGone || session.isInterrupted) process.exit();
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

/** The rigs beside the edge rig that a chosen file needs: they boot while the checks at the edge run. */
function slowRigs({ vitest }: TestProject): Set<RigName> {
  // Of the checks that a name chooses none may need them: whoever does will ask.
  if (vitest.config.testNamePattern !== undefined) return new Set();
  return new Set(chosenFiles().flatMap((file) => [...rigsOf(file)].filter((rig) => rig !== "edge")));
}

async function begin(directory: string, progress: Progress): Promise<Session> {
  try {
    heavyClients();
    return await Session.begin({
      folder: resolve(process.env.DEPLOYMENT ?? "deployments/reference"),
      directory,
      suiteVersion: suiteVersion(),
      arguments: process.argv.slice(2),
      mode: imageMode(),
      registry: process.env.REGISTRY,
      keep: process.env.KEEP === "1",
      progress,
    });
  } catch (error) {
    if (error instanceof DeploymentError) {
      for (const fault of error.faults) progress.line(faultLine(fault));
      if (isOnActions()) for (const annotation of faultAnnotations(error.faults)) progress.line(annotation);
      endBefore(error, directory);
    }
    if (error instanceof EnvironmentError) {
      for (const line of error.log) progress.line(`  ${line}`);
      progress.line(error.message);
      endBefore(error, directory);
    }
    throw error;
  }
}

/** Nothing was started: no report is left, nor a trace of one. */
function endBefore({ exitCode }: { exitCode: number }, directory: string): never {
  rmSync(directory, { recursive: true, force: true });
  process.exit(exitCode);
}

function imageMode(): ImageMode {
  const wanted = process.env.IMAGES ?? "auto";
  const mode = imageModes.find((candidate) => candidate === wanted);
  if (mode === undefined) throw new EnvironmentError(`IMAGES=${wanted} is unknown; set it to auto, pull or build`);
  return mode;
}

function suiteVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8")) as { version: string };
  return version;
}

/** How long the end of an interrupted run may take, in milliseconds, before it is cut short. */
const longestEnd = 60_000;

/** Ctrl-C and its kin remove everything; the run then ends by itself, with a report of what was proved until then. */
function onSignals(project: TestProject, begun: { session?: Session }, directory: string, progress: Progress): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // vitest's own handler ends the process a millisecond later, with everything still up.
    process.removeAllListeners(signal);
    process.once(signal, () => {
      const { session } = begun;
      if (session === undefined) {
        progress.line(`${signal}: nothing was started yet`);
        endBefore({ exitCode: ExitCode.environmentFailed }, directory);
      }
      progress.line(`${signal}: removing the parts`);
      session.interrupt(signal).catch((error: Error) => progress.line(`the parts were not removed: ${error.message}`));
      void project.vitest.cancelCurrentRun("keyboard-input");
      setTimeout(() => process.exit(ExitCode.environmentFailed), longestEnd).unref();
    });
  }
}
