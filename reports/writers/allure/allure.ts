import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ConformanceReport } from "../../model/conformance-report.ts";
import { allureConfiguration } from "./allure-configuration.ts";
import { dropHistory, keepHistory, takeHistory } from "./allure-history.ts";
import { correctResult } from "./allure-result.ts";

const run = promisify(execFile);

/** Allure takes 2–3 s; if it hangs, it must not keep the run from ending. Milliseconds. */
const deadline = 120_000;

/**
 * Writes `html/index.html` from `allure-results/`: one file that opens from disk, grouped by suite and requirement, with
 * the trend over the runs of the same deployment. Without results there is no report. The page loads nothing from anywhere.
 *
 * @param directory the run's directory
 * @param history folder that keeps the outcomes of earlier runs, one file for each deployment; created when it is missing
 * @throws {Error} with Allure's output when it fails, or when its page would load something from elsewhere
 */
export async function generateAllure(directory: string, history: string): Promise<void> {
  const results = join(directory, "allure-results");
  const found = (await readdir(results).catch(() => [])).filter((name) => name.endsWith("-result.json"));
  if (found.length === 0) return;
  const report = await reportOf(directory);
  await Promise.all(found.map((name) => correctResult(join(results, name), report)));
  const past = join(history, `${(report?.deployment.folder ?? "unknown").replaceAll(/[^\w.-]+/g, "_")}.jsonl`);
  const own = join(directory, "allure-history.jsonl");
  await takeHistory(past, own);
  const config = join(directory, "allurerc.json");
  // A run of some files is not part of the trend.
  const complete = report !== undefined && report.incomplete === null;
  await writeFile(
    config,
    JSON.stringify(allureConfiguration(directory, { historyPath: own, appendHistory: complete }, report)),
  );
  const cli = join(createRequire(import.meta.url).resolve("allure"), "..", "..", "cli.js");
  try {
    await run(process.execPath, [cli, "generate", results, "--config", config, "--cwd", directory], {
      timeout: deadline,
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`Allure wrote no report: ${[stdout, stderr].join("\n").trim() || (error as Error).message}`);
  }
  const page = join(directory, "html", "index.html");
  const changes = [withoutAnalytics, withoutSuccessRate, withReadableCounter, withNamedButtons];
  await writeFile(
    page,
    changes.reduce((text, change) => change(text), await readFile(page, "utf8")),
  );
  await rm(config);
  if (complete) await keepHistory(own, past);
  else await dropHistory(own);
}

async function reportOf(directory: string): Promise<ConformanceReport | undefined> {
  const text = await readFile(join(directory, "conformance.json"), "utf8").catch(unlessMissing);
  return text === undefined ? undefined : (JSON.parse(text) as ConformanceReport);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

const analytics = '<script async src="https://www.googletagmanager.com/';
const scriptEnd = "</script>";

/**
 * Removes Google's analytics from Allure's page: the script that loads it, and the next one, which sets it up. No option of
 * Allure 3.18.0 turns it off (`analyticsEnable` is fixed in @allurereport/plugin-awesome).
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

/**
 * Hides the share of checks that passed. Allure leaves skipped ones out of it: a run with ten known gaps had 100 %, and one
 * that is not conformant 99 %. The verdict is in the report's name.
 */
function withoutSuccessRate(page: string): string {
  return withStyle(page, '[aria-label^="Success rate"] { visibility: hidden; }');
}

/** Allure's number of failures is white on a light red: 3.1 to 1. */
function withReadableCounter(page: string): string {
  return withStyle(page, '[data-testid="counter"][class*="status-failed"] { background: #b3261e; color: #fff; }');
}

function withStyle(page: string, style: string): string {
  // The page's scripts contain the end of a head, too. Allure's own styles come later, so that more specific ones win.
  return page.replace("<head>", `<head><style>${style}</style>`);
}

/** Gives each button that shows only an icon its name in Allure's source, e.g. `toggle layout button`. */
const nameButtons = `new MutationObserver(() => {
  for (const button of document.querySelectorAll("button:not([aria-label])"))
    if (button.textContent.trim() === "")
      button.setAttribute("aria-label", (button.dataset.testid ?? "button").replaceAll(/[-_]/g, " "));
}).observe(document, { childList: true, subtree: true });`;

/** Allure's buttons that show only an icon have no name: a screen reader says "button" for each. */
function withNamedButtons(page: string): string {
  return page.replace("<head>", `<head><script>${nameButtons}</script>`);
}
