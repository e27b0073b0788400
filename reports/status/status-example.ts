import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The status document of `deployments/as-found` that is kept as the example. */
export const exampleFile = join(import.meta.dirname, "..", "example", "STATUS.md");

/** Runs every suite against `deployments/as-found`, and returns the status document of that run. */
export async function exampleStatus(): Promise<string> {
  const reports = mkdtempSync(join(tmpdir(), "as-found-"));
  try {
    const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, VITEST_MODE: ____, ...clean } = process.env;
    const child = spawn(process.execPath, [join("node_modules", "vitest", "vitest.mjs"), "run"], {
      cwd: join(import.meta.dirname, "..", ".."),
      env: { ...clean, DEPLOYMENT: "deployments/as-found", REPORTS: join(reports, "latest") },
      stdio: ["ignore", "ignore", "inherit"],
    });
    await new Promise((over) => child.once("close", over));
    return readFileSync(join(reports, "latest", "STATUS.md"), "utf8");
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

/**
 * What of a status document is the same for two runs of the same suite against the same deployment: no dates, ids, digests
 * and numbers, and no quotations of what came back or of what a client said of it. Codex has two wordings for one time-out:
 * the one of the two clocks that strikes first has the word.
 */
export function whatDoesNotVary(status: string): string {
  return status
    .replaceAll(/\n {2}```[\s\S]*?\n {2}```/g, "")
    .replaceAll(/\b(shows|says) ".*"(?=\.(?: Diagnosis:|$))/gm, '$1 "…"')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\b(?=[a-f]*\d)[0-9a-f]{8,}\b/g, "…")
    .replaceAll(/(?<![\w-])\d[\d.]*(?![\w-])/g, "#")
    .replaceAll(/^\*\*(Updated|By)\*\*.*$/gm, "");
}
