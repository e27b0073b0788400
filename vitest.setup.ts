import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { TestProject } from "vitest/node";
import type { ImageMode } from "./containers/images.ts";
import type { RigName } from "./containers/rig.ts";
import { Session } from "./containers/session.ts";
import { DeploymentError, EnvironmentError, ExitCode, faultLine } from "./helpers/faults.ts";
import { Progress } from "./helpers/progress.ts";
import { generateAllure } from "./reports/allure.ts";
import { publishLatest } from "./reports/publish-latest.ts";
import { chosenFiles, rigsOf } from "./suites/edge-first.ts";

const imageModes: readonly ImageMode[] = ["auto", "pull", "build"];

/** The main process's side of a run: begins the session before the first worker, ends it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const progress = new Progress();
  const directory = process.env.GATEWAY_CONFORMANCE_RUN_DIRECTORY;
  if (directory === undefined) throw new Error("vitest.config.ts names the run's directory");
  const session = await begin(directory, progress);
  project.provide("run", session.descriptor);
  for (const rig of slowRigs(project)) session.prepare(rig);
  onSignals(project, session, progress);
  return async () => {
    await Promise.all([session.end(), progress.during("write the Allure report", () => generateAllure(directory))]);
    await publishLatest(directory, resolve(process.env.REPORTS ?? "reports/latest"));
  };
}

/** The rigs beside the edge rig that a chosen file needs: they boot while the checks at the edge run. */
function slowRigs({ vitest }: TestProject): Set<RigName> {
  // Of the checks that a name chooses none may need them: whoever does will ask.
  if (vitest.config.testNamePattern !== undefined) return new Set();
  return new Set(chosenFiles().flatMap((file) => [...rigsOf(file)].filter((rig) => rig !== "edge")));
}

async function begin(directory: string, progress: Progress): Promise<Session> {
  try {
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
      process.exit(error.exitCode);
    }
    if (error instanceof EnvironmentError) {
      for (const line of error.log) progress.line(`  ${line}`);
      progress.line(error.message);
      process.exit(error.exitCode);
    }
    throw error;
  }
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
function onSignals(project: TestProject, session: Session, progress: Progress): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // vitest's own handler ends the process a millisecond later, with everything still up.
    process.removeAllListeners(signal);
    process.once(signal, () => {
      progress.line(`${signal}: removing the parts`);
      void session.interrupt(signal);
      void project.vitest.cancelCurrentRun("keyboard-input");
      setTimeout(() => process.exit(ExitCode.environmentFailed), longestEnd).unref();
    });
  }
}
