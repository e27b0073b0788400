import { execFile } from "node:child_process";
import { access, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A report takes 2–3 s; one that hangs must not keep the run from ending. Milliseconds. */
const deadline = 120_000;

/**
 * Writes `html/index.html` from `allure-results/`: one file that opens from disk, grouped by suite and requirement.
 * Where there are no results there is no report.
 *
 * @param directory the run's directory
 * @throws {Error} with Allure's own words when it fails
 */
export async function generateAllure(directory: string): Promise<void> {
  const results = join(directory, "allure-results");
  const found = await readdir(results).catch(() => []);
  if (!found.some((name) => name.endsWith("-result.json"))) return;
  const cli = join(createRequire(import.meta.url).resolve("allure"), "..", "..", "cli.js");
  const options = ["--single-file", "--report-name", "LiteLLM gateway conformance", "--group-by", "parentSuite,suite"];
  try {
    await run(
      process.execPath,
      [cli, "awesome", results, "--cwd", directory, "--output", join(directory, "html"), ...options],
      {
        timeout: deadline,
      },
    );
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`Allure wrote no report: ${[stdout, stderr].join("\n").trim() || (error as Error).message}`);
  }
  await access(join(directory, "html", "index.html"));
}
