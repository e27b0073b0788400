import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A report takes 2–3 s; one that hangs must not keep the run from ending. Milliseconds. */
const deadline = 120_000;

/**
 * Writes `html/index.html` from `allure-results/`: one file that opens from disk, grouped by suite and requirement.
 * Where there are no results there is no report. Opening it asks nobody for anything.
 *
 * @param directory the run's directory
 * @throws {Error} with Allure's own words when it fails, or when its page would load something from elsewhere
 */
export async function generateAllure(directory: string): Promise<void> {
  const results = join(directory, "allure-results");
  const found = (await readdir(results).catch(() => [])).filter((name) => name.endsWith("-result.json"));
  if (found.length === 0) return;
  await Promise.all(found.map((name) => tellFailedFromBroken(join(results, name))));
  const cli = join(createRequire(import.meta.url).resolve("allure"), "..", "..", "cli.js");
  const options = [
    "--single-file",
    "--report-name",
    "LiteLLM gateway conformance",
    "--report-language",
    "en",
    "--group-by",
    "parentSuite,suite",
  ];
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
  const page = join(directory, "html", "index.html");
  await writeFile(page, withoutAnalytics(await readFile(page, "utf8")));
}

/**
 * Allure calls every error but an assertion 'broken', by which its reader understands a fault of the test's own. A check
 * that found the gateway at fault has failed.
 */
async function tellFailedFromBroken(file: string): Promise<void> {
  const result = JSON.parse(await readFile(file, "utf8")) as { status?: string; statusDetails?: { trace?: string } };
  if (result.status !== "broken" || result.statusDetails?.trace?.startsWith("CheckFailure: ") !== true) return;
  await writeFile(file, JSON.stringify({ ...result, status: "failed" }));
}

const analytics = '<script async src="https://www.googletagmanager.com/';
const scriptEnd = "</script>";

/**
 * Allure's page tells Google's analytics that it was opened, and no option of 3.18.0 turns that off (`analyticsEnable`
 * is fixed in @allurereport/plugin-awesome): the script and its set-up, which is the next one, are cut out.
 */
function withoutAnalytics(page: string): string {
  const start = page.indexOf(analytics);
  const loaded = page.indexOf(scriptEnd, start) + scriptEnd.length;
  const end = page.indexOf(scriptEnd, loaded) + scriptEnd.length;
  const kept = start === -1 ? page : page.slice(0, start) + page.slice(end);
  const [foreign] =
    /<(?:script|link|img|iframe)\b[^>]{0,200}?\b(?:src|href)="(?:https?:)?\/\/[^"]{0,200}/i.exec(kept) ?? [];
  if (foreign !== undefined) throw new Error(`Allure's page would load from elsewhere: ${foreign}"`);
  return kept;
}
