import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import { launchRun } from "../../helpers/run/launch-run.ts";

const root = join(import.meta.dirname, "..", "..");

/** The status document of `deployments/as-found` that is kept as the example. */
export const exampleFile = join(root, "reports", "example", "STATUS.md");

/**
 * Runs every suite against `deployments/as-found`.
 *
 * @param onOutput called with each piece of the run's output
 * @returns the status document of that run
 * @throws {EnvironmentError} when the run leaves no report
 */
export async function exampleStatus(config: RunConfig, onOutput: (text: string) => void = () => {}): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "as-found-"));
  const deployment = join(root, "deployments", "as-found");
  try {
    const run = await launchRun({ ...config, deployment, reports: join(directory, "latest") }, { onOutput });
    if (run.conformance === undefined) throw new EnvironmentError(`the run left no report (exit code ${run.exitCode})`);
    return readFileSync(join(run.folder, "STATUS.md"), "utf8");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * The parts of a status document that are the same in two runs of the same suite against the same deployment: no dates,
 * ids, digests and numbers, and no quotations of clients' messages. Codex has two messages for one time-out, and which one
 * it prints depends on which of its two timers fires first.
 */
export function stableParts(status: string): string {
  return status
    .replaceAll(/\b(shows|says|answers) ".*"(?=\.(?: Diagnosis:|$))/gm, '$1 "…"')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\b(?=[a-f]*\d)[0-9a-f]{8,}\b/g, "…")
    .replaceAll(/(?<![\w-])\d[\d.]*(?![\w-])/g, "#")
    .replaceAll(/^\*\*By\*\*.*$/gm, "");
}
