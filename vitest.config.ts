import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { defineConfig, type Plugin, type ViteUserConfig } from "vitest/config";
import { checkTimeout, deadlines } from "./helpers/core/deadlines.ts";
import { reserveDiskSpace } from "./helpers/core/disk-reservation.ts";
import { EnvironmentError } from "./helpers/core/errors.ts";
import { fileReporters } from "./reports/writers/file-reporters.ts";
import EdgeFirst, { rememberChosenFiles } from "./suites/runner/file-order.ts";

/**
 * `vitest run` is the conformance run; `vitest run --mode check` runs the suite's own tests. Reporters are made before
 * the run begins, so the run's directory is named here.
 */
export default defineConfig(({ mode }) => (mode === "check" ? ownTests() : conformanceRun()));

function conformanceRun() {
  // Beside where the report will lie, so that moving it there is one rename.
  const target = resolve(process.env.REPORTS ?? "reports/latest");
  const directory = join(dirname(target), ".running", randomBytes(6).toString("hex"));
  process.env.GATEWAY_CONFORMANCE_RUN_DIRECTORY = directory;
  outliveReaders();
  return {
    plugins: [alwaysReport(directory)],
    test: {
      include: ["suites/**/*.spec.ts"],
      globalSetup: ["vitest.setup.ts"],
      setupFiles: ["allure-vitest/setup"],
      reporters: ["./reports/writers/terminal-reporter.ts"],
      sequence: { sequencer: EdgeFirst },
      // Checks wait more than they compute: more of them side by side than there are cores. Workers are shared by files,
      // so that the deployment is read and the engine is found once for each.
      pool: "threads",
      isolate: false,
      maxWorkers: 6,
      testTimeout: checkTimeout,
      hookTimeout: checkTimeout,
      teardownTimeout: deadlines.removal,
    },
  } satisfies ViteUserConfig;
}

/** The report is written whatever `--reporter` says: that flag changes the terminal alone. */
function alwaysReport(directory: string): Plugin {
  return {
    name: "conformance-report",
    configureVitest: async ({ vitest }) => {
      await reserveDiskSpace(directory).catch(endBeforeTheBeginning);
      vitest.config.reporters.push(
        rememberChosenFiles,
        ["./reports/writers/conformance-reporter.ts", {}],
        ...fileReporters(directory),
      );
    },
  };
}

/** Where no report can be written nothing is started. */
function endBeforeTheBeginning(error: unknown): never {
  if (!(error instanceof EnvironmentError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(error.exitCode);
}

/** Who reads the output may go away first (`npm test | head`, a terminal that is closed): the run still ends properly. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

function ownTests() {
  return {
    test: {
      include: ["{containers,helpers,lan-check,reports,suites,mutation}/**/*.test.ts"],
      testTimeout: 300_000,
      hookTimeout: 300_000,
      // Runs of broken deployments side by side: they wait as much as they compute.
      maxConcurrency: 3,
    },
  } satisfies ViteUserConfig;
}
