import { randomBytes } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { checkTimeout } from "./helpers/deadlines.ts";

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
  return {
    test: {
      include: ["suites/**/*.spec.ts"],
      globalSetup: ["vitest.setup.ts"],
      setupFiles: ["allure-vitest/setup"],
      reporters: [
        "./reports/terminal-reporter.ts",
        "./reports/conformance-reporter.ts",
        ["junit", { outputFile: `${directory}/junit.xml` }],
        ["allure-vitest/reporter", { resultsDir: `${directory}/allure-results` }],
      ],
      pool: "threads",
      isolate: false,
      maxWorkers: 4,
      testTimeout: checkTimeout,
      hookTimeout: checkTimeout,
      teardownTimeout: 120_000,
    },
  } satisfies Parameters<typeof defineConfig>[0];
}

function ownTests() {
  return {
    test: {
      include: ["{containers,helpers,reports,suites,mutation}/**/*.test.ts"],
      testTimeout: 300_000,
      hookTimeout: 300_000,
    },
  } satisfies Parameters<typeof defineConfig>[0];
}
