import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { defineConfig, type Plugin, type ViteUserConfig } from "vitest/config";
import { deadlines } from "./helpers/core/deadlines.ts";
import { reserveDiskSpace } from "./helpers/core/disk-reservation.ts";
import { EnvironmentError, ExitCode, UsageError } from "./helpers/core/errors.ts";
import { type RunConfig, runConfig } from "./helpers/core/run-config.ts";
import { keepCompiledModules } from "./helpers/run/compile-cache.ts";
import { reportFolderFault } from "./helpers/run/report-folder.ts";
import { runDirectoryVariable } from "./helpers/run/run-directory.ts";
import { fileReporters } from "./reports/writers/file-reporters.ts";
import FileOrder, { rememberChosenFiles } from "./suites/runner/vitest/file-order.ts";
import OwnTestOrder from "./suites/runner/vitest/own-test-order.ts";

/**
 * `vitest run` is the conformance run; `vitest run --mode check` runs the suite's own tests. Reporters are made before
 * the run begins, so the run's directory is named here.
 */
export default defineConfig(({ mode }) => (mode === "check" ? ownTests() : conformanceRun()));

function conformanceRun() {
  // Next to where the report will be, so that moving it there is one rename.
  const target = resolve(configured().reports);
  const directory = join(dirname(target), ".running", randomBytes(6).toString("hex"));
  process.env[runDirectoryVariable] = directory;
  ignoreClosedOutput();
  keepCompiledModules();
  return {
    plugins: [alwaysReport(directory)],
    test: {
      include: ["suites/**/*.spec.ts"],
      globalSetup: ["vitest.setup.ts"],
      setupFiles: ["allure-vitest/setup", "suites/runner/vitest/vitest-adapter.ts"],
      reporters: ["./reports/writers/terminal-reporter.ts"],
      sequence: { sequencer: FileOrder },
      // Checks wait more than they compute: more of them run concurrently than there are cores. Files share workers, so
      // that each worker reads the deployment and finds the engine once.
      pool: "threads",
      isolate: false,
      maxWorkers: 6,
      // Node removes the types itself, and keeps the result: vite would transform every file anew in each run.
      experimental: { viteModuleRunner: false, nodeLoader: false },
      runner: "./suites/runner/vitest/spec-runner.ts",
      // The executor bounds each check, from the moment when its targets are ready.
      testTimeout: 0,
      hookTimeout: 0,
      teardownTimeout: deadlines.removal,
    },
  } satisfies ViteUserConfig;
}

/** A variable with a bad value ends the run before anything is started. */
function configured(): RunConfig {
  try {
    const config = runConfig();
    const fault = reportFolderFault(config.reports);
    if (fault !== undefined) throw new UsageError(fault);
    return config;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(ExitCode.deploymentWrong);
  }
}

/** The report is written whatever `--reporter` says: that flag changes only the terminal. */
function alwaysReport(directory: string): Plugin {
  return {
    name: "conformance-report",
    configureVitest: async ({ vitest }) => {
      await reserveDiskSpace(directory).catch(endBeforeTheStart);
      vitest.config.reporters.push(
        rememberChosenFiles,
        ["./reports/writers/conformance-reporter.ts", {}],
        ...fileReporters(directory),
      );
    },
  };
}

/** Where no report can be written nothing is started. */
function endBeforeTheStart(error: unknown): never {
  if (!(error instanceof EnvironmentError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(error.exitCode);
}

/** The reader of the output may close it first (`npm test | head`, a closed terminal): the run still ends properly. */
function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

/**
 * The suite's own tests: last those that run gateways. Runs of a part of the suite wait for LiteLLM a third of the time, so that two
 * files at once take two thirds of the time. A run of every suite takes both cores of a small machine: of those, one at a time.
 */
function ownTests() {
  const shared = {
    // Only ends what hangs: the longest test runs a whole deployment, three minutes on an idle machine.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    // Runs of broken edges run concurrently: they wait as much as they compute.
    maxConcurrency: 3,
  };
  // vitest would run one file at a time on two cores.
  const maxWorkers = Math.max(2, availableParallelism() - 1);
  const units = {
    ...shared,
    name: "units",
    include: sharingWorkers,
    // What each file imports takes longer than its tests: half of the CPU time where files share a worker's modules (measured).
    isolate: false,
    maxWorkers,
    sequence: { groupOrder: 0 },
  };
  const others = {
    ...shared,
    name: "others",
    include: ["{cli,containers,helpers,lan-check,onboard,reports,suites,mutation}/**/*.test.ts"],
    exclude: [...sharingWorkers, ...someGateways, ...wholeRuns],
    maxWorkers,
    sequence: { groupOrder: 0 },
  };
  const gateways = {
    ...shared,
    name: "gateways",
    include: someGateways,
    maxWorkers: 2,
    sequence: { groupOrder: 1 },
  };
  const runs = {
    ...shared,
    name: "runs",
    include: wholeRuns,
    maxWorkers: 1,
    sequence: { groupOrder: 2 },
  };
  return {
    test: {
      sequence: { sequencer: OwnTestOrder },
      projects: [{ test: others }, { test: units }, { test: gateways }, { test: runs }],
    },
  } satisfies ViteUserConfig;
}

/** Tests that leave this process as they found it: no variable of the environment, no directory. */
const sharingWorkers = ["{helpers,lan-check,mutation}/**/*.test.ts", "suites/!(proofs)/**/*.test.ts"];

/** Tests that run every suite, or all of the catalogue, on one gateway after the other. */
const wholeRuns = [
  "suites/proofs/{broken-catalogue,broken-gateway,examples-gateway}.test.ts",
  "reports/status/*.engine.test.ts",
];

/** A new file of proofs is one of them, unless it runs edges only. */
const someGateways = [
  "suites/proofs/!(broken-edge|broken-examples|broken-login|examples|broken-catalogue|broken-gateway|examples-gateway).test.ts",
  "suites/proofs/*/*.test.ts",
  "onboard/proofs/{candidates,gateway}.engine.test.ts",
];
