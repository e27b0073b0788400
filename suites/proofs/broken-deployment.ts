import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Patch, patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";

/** What a run against a broken deployment came to. */
export interface BrokenRun {
  exitCode: number;
  output: string;
  /** Ids of the requirements that failed, in order; undefined when there is no report. */
  failed: string[] | undefined;
  /** The messages of the failed checks, by the first requirement that they name. */
  messages: Record<string, string>;
}

/** What else a run may want. */
export interface BrokenRunOptions {
  environment?: Record<string, string>;
  /** Looks at the report's folder, which is then removed. */
  look?: (reports: string) => Promise<void>;
}

/** The part of conformance.json that is read here. */
interface Report {
  requirements: { id: string; outcome: string; checks: { outcome: string; message?: string }[] }[];
}

/** The search for secrets goes through whatever any check saw, so any file can fail it. */
const searchOfSecrets = "INJ-09";

/**
 * Paths of spec files by their exact names: behind `npm test --` a part of a name takes other files along.
 *
 * @param names each the end of one file's path, without `.spec.ts`: `streams`, or `routes/streams`
 * @param failed ids of the requirements that a run of these files is to fail
 * @throws Error where a name is not one file's, or where no file proves such a requirement: its check has moved
 */
export function specFiles(names: readonly string[], failed: readonly string[]): string[] {
  const all = readdirSync("suites", { recursive: true, encoding: "utf8" }).map((path) => `suites/${path}`);
  const files = names.map((name) => {
    const [file, ...others] = all.filter((path) => path.endsWith(`/${name}.spec.ts`));
    if (file === undefined) throw new Error(`suites/ has no ${name}.spec.ts`);
    if (others.length > 0)
      throw new Error(`${name}.spec.ts is ${[file, ...others].join(" and ")}: name its folder too`);
    return file;
  });
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const unproved = failed.filter((id) => id !== searchOfSecrets && !text.includes(`"${id}"`));
  if (unproved.length > 0) throw new Error(`none of ${files.join(", ")} proves ${unproved.join(", ")}`);
  return files;
}

/**
 * Runs the suite as a person would, against a copy of a deployment that is broken on purpose.
 *
 * @param filters what stands behind `npm test --`
 * @param source the deployment that is copied
 */
export async function runBroken(
  breaks: readonly Patch[],
  filters: readonly string[],
  source = "deployments/reference",
  { environment = {}, look = async () => {} }: BrokenRunOptions = {},
): Promise<BrokenRun> {
  using copy = patchedCopy(source, breaks);
  const reports = mkdtempSync(join(tmpdir(), "broken-"));
  try {
    const target = join(reports, "report");
    const { exitCode, output } = await run(["run", ...filters], {
      DEPLOYMENT: copy.folder,
      REPORTS: target,
      NO_COLOR: "1",
      ...environment,
    });
    await look(target);
    const report = readReport(join(target, "conformance.json"));
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
    rmSync(reports, { recursive: true, force: true });
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
