import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runDirectoryVariable } from "../../helpers/run/run-directory.ts";
import type { RunRecord } from "../../helpers/run/run-record.ts";
import type { ConformanceReport } from "../model/conformance-report.ts";
import { soundRecord } from "../model/report-fixture.ts";

/** The result of a run of vitest with the project's reporters. */
export interface FixtureRun {
  exitCode: number;
  /** Standard output and error, as a pipe gets them. */
  output: string;
  /** Undefined when none was written. */
  report: ConformanceReport | undefined;
  status: string | undefined;
  /** The step summary of GitHub Actions. */
  summary: string | undefined;
}

/** What a fixture's run consists of. */
export interface FixtureOptions {
  /** Files of the project by path, e.g. `specs/routes/a.spec.ts`; they can call `check()` as {@link recordedCheck}. */
  specs: Readonly<Record<string, string>>;
  /** Variables of the run. */
  environment?: Readonly<Record<string, string>>;
  /** What follows `vitest run`. */
  arguments?: readonly string[];
  /** Changes to `run.json`; null for no such file. */
  record?: Partial<RunRecord> | null;
  /** Body of the global set-up, with `project` and `directory` in scope. */
  setup?: string;
}

const root = join(import.meta.dirname, "..", "..");

/** Runs vitest with the reporters of a conformance run, on the specs of a project that is created for it and removed. */
export async function runFixture(options: FixtureOptions): Promise<FixtureRun> {
  const project = mkdtempSync(join(tmpdir(), "reporters-"));
  const directory = join(project, "run");
  try {
    writeProject(project, directory, options);
    const { exitCode, output } = await vitest(project, directory, options);
    const report = textOf(join(directory, "conformance.json"));
    return {
      exitCode,
      output,
      report: report === undefined ? undefined : (JSON.parse(report) as ConformanceReport),
      status: textOf(join(directory, "STATUS.md")),
      summary: textOf(join(project, "summary.md")),
    };
  } finally {
    rmSync(project, { recursive: true });
  }
}

function writeProject(project: string, directory: string, { specs, record = {}, setup = "" }: FixtureOptions): void {
  mkdirSync(join(directory, "evidence"), { recursive: true });
  writeFileSync(join(directory, "evidence", "wire.json"), "[]");
  if (record !== null) writeFileSync(join(directory, "run.json"), JSON.stringify({ ...soundRecord, ...record }));
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"));
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(project, "setup.mjs"),
    `export default async function (project) { const directory = ${JSON.stringify(directory)}; ${setup} }`,
  );
  const reporters = ["terminal-reporter.ts", "conformance-reporter.ts"].map((name) => join(import.meta.dirname, name));
  const test = { include: ["specs/**/*.spec.ts"], globalSetup: ["setup.mjs"], pool: "threads", reporters };
  writeFileSync(join(project, "vitest.config.mjs"), `export default ${JSON.stringify({ test })}`);
  for (const [path, text] of Object.entries(specs)) {
    mkdirSync(join(project, path, ".."), { recursive: true });
    writeFileSync(
      join(project, path),
      `import { beforeAll, describe, test } from "vitest";
import { recordedCheck as check } from ${JSON.stringify(join(import.meta.dirname, "recorded-check.ts"))};
${text}`,
    );
  }
}

function vitest(
  project: string,
  directory: string,
  { arguments: rest = [], environment: own = {} }: FixtureOptions,
): Promise<{ exitCode: number; output: string }> {
  const { VITEST: _, CI: __, FORCE_COLOR: ___, GITHUB_ACTIONS: ____, ...inherited } = process.env;
  const environment = { ...inherited, ...own, [runDirectoryVariable]: directory };
  const cli = join(root, "node_modules", "vitest", "vitest.mjs");
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, "run", ...rest], { cwd: project, env: environment }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code;
      if (typeof exitCode === "number") resolve({ exitCode, output: stdout + stderr });
      else reject(error);
    });
  });
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
