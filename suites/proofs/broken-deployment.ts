import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunConfig, runConfig } from "../../helpers/core/run-config.ts";
import { type Patch, patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { launchRun, messageOf } from "../../helpers/run/launch-run.ts";
import { isFinal, type LoadedCheck, loadChecks } from "../runner/load-checks.ts";

/**
 * The line of a deployment with a text, as a pattern for the location of a failure.
 *
 * @param below how many lines below it the location is
 * @throws {Error} where the file has no such text
 */
export function lineOf(file: string, text: string, below = 0, folder = "deployments/reference"): string {
  const [before = "", ...rest] = readFileSync(join(folder, file), "utf8").split(text);
  if (rest.length === 0) throw new Error(`${folder}/${file} has no ${text}`);
  return `${file.replaceAll(".", "\\.")}:${before.split("\n").length + below}\\b`;
}

/** The result of a run against a broken deployment. */
export interface BrokenRun {
  exitCode: number;
  output: string;
  /** Ids of the requirements that failed, in order; undefined when there is no report. */
  failed: string[] | undefined;
  /** The messages of the checks, by each failed requirement that they prove. */
  messages: Record<string, string>;
}

/** Options of {@link runBroken}. */
export interface BrokenRunOptions {
  /** What is configured otherwise than for this process. */
  config?: Partial<RunConfig>;
  /** Looks at the report's folder before it is removed. */
  look?: (reports: string) => Promise<void>;
}

const checks = await loadChecks();

/** Spec files with their checks. */
const specs = Map.groupBy(
  checks.filter(({ file }) => !isFinal(file)),
  ({ file }) => file,
);

/** Requirements of checks that run at the end of every run, whatever its files are. */
const ofFinalChecks = requirementsOf(checks.filter(({ file }) => isFinal(file)));

/**
 * Paths of spec files by their exact names: after `npm test --` a part of a name would select other files too.
 *
 * @param names each the end of one file's path, without `.spec.ts`: `streams`, or `routes/streams`
 * @param failed ids of the requirements that a run of these files is expected to fail
 * @throws {Error} where a name does not match exactly one file, or where no check of the files proves such a requirement
 */
export function specFiles(names: readonly string[], failed: readonly string[]): string[] {
  const files = names.map((name) => {
    const [file, ...others] = [...specs.keys()].filter((path) => path.endsWith(`/${name}.spec.ts`));
    if (file === undefined) throw new Error(`suites/ has no ${name}.spec.ts`);
    if (others.length > 0)
      throw new Error(`${name}.spec.ts matches ${[file, ...others].join(" and ")}: add its folder to the name`);
    return file;
  });
  const proved = requirementsOf(files.flatMap((file) => specs.get(file) ?? []));
  const unproved = failed.filter((id) => !proved.has(id) && !ofFinalChecks.has(id));
  if (unproved.length > 0) throw new Error(`none of ${files.join(", ")} proves ${unproved.join(", ")}`);
  return files;
}

function requirementsOf(own: readonly LoadedCheck[]): ReadonlySet<string> {
  return new Set(own.flatMap(({ requirements }) => requirements));
}

/**
 * Runs the suite as a person would, against a copy of a deployment that is broken on purpose.
 *
 * @param filters what follows `npm test --`
 * @param source the deployment that is copied
 */
export async function runBroken(
  breaks: readonly Patch[],
  filters: readonly string[],
  source = "deployments/reference",
  { config = {}, look = async () => {} }: BrokenRunOptions = {},
): Promise<BrokenRun> {
  using copy = patchedCopy(source, breaks);
  const reports = mkdtempSync(join(tmpdir(), "broken-"));
  try {
    const { exitCode, output, folder, conformance } = await launchRun(
      // A fault that shows as a time-out must be judged, although other proofs keep the machine busy also when it is repeated.
      { ...runConfig(), starvedChecks: "judge", ...config, deployment: copy.folder, reports: join(reports, "report") },
      { arguments: filters },
    );
    await look(folder);
    const failed = conformance?.requirements.filter(({ outcome }) => outcome === "failed");
    return {
      exitCode,
      output,
      failed: failed?.map(({ id }) => id),
      messages: Object.fromEntries((failed ?? []).map((one) => [one.id, one.checks.map(messageOf).join("\n")])),
    };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}
