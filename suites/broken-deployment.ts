import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** One thing to break: the text must stand in the file exactly once, so that a break that misses is an error. */
export interface Break {
  /** Relative to the deployment's folder. */
  file: string;
  find: string;
  replace: string;
}

/** What a run against a broken deployment came to. */
export interface BrokenRun {
  exitCode: number;
  output: string;
  /** Ids of the requirements that failed, in order; undefined when there is no report. */
  failed: string[] | undefined;
  /** The messages of the failed checks, by the first requirement that they name. */
  messages: Record<string, string>;
}

/** The part of conformance.json that is read here. */
interface Report {
  requirements: { id: string; outcome: string; checks: { outcome: string; message?: string }[] }[];
}

/**
 * Runs the suite as a person would, against a copy of the reference that is broken on purpose.
 *
 * @param filters what stands behind `npm test --`
 */
export async function runBroken(
  breaks: readonly Break[],
  filters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<BrokenRun> {
  const folder = mkdtempSync(join(tmpdir(), "broken-"));
  try {
    const deployment = join(folder, "reference");
    cpSync("deployments/reference", deployment, { recursive: true });
    for (const { file, find, replace } of breaks) {
      const path = join(deployment, file);
      const text = readFileSync(path, "utf8");
      const count = text.split(find).length - 1;
      if (count !== 1) throw new Error(`${file} holds ${JSON.stringify(find)} ${count} times, not once`);
      writeFileSync(
        path,
        text.replace(find, () => replace),
      );
    }
    const reports = join(folder, "report");
    const { exitCode, output } = await run(["run", ...filters], {
      ...environment,
      DEPLOYMENT: deployment,
      REPORTS: reports,
      NO_COLOR: "1",
    });
    const report = readReport(join(reports, "conformance.json"));
    const failed = report?.requirements.filter(({ outcome }) => outcome === "failed");
    return {
      exitCode,
      output,
      failed: failed?.map(({ id }) => id),
      messages: Object.fromEntries(
        (failed ?? []).map(({ id, checks }) => [id, checks.map(({ message }) => message ?? "").join("\n")]),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ exitCode: number; output: string }> {
  // A run inside of a vitest worker must not take itself for one.
  const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, VITEST_MODE: ____, ...clean } = process.env;
  const child = spawn(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), ...args], {
    env: { ...clean, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (piece: Buffer) => {
    output += piece;
  });
  child.stderr.on("data", (piece: Buffer) => {
    output += piece;
  });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code) => done({ exitCode: code ?? -1, output }));
  });
}

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Report;
  } catch {
    return undefined;
  }
}
