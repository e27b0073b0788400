import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { checkLabel } from "../../helpers/checks/allure.ts";
import type { ConformanceReport } from "../model/conformance-report.ts";

const run = promisify(execFile);

/** Allure takes 2–3 s; if it hangs, it must not keep the run from ending. Milliseconds. */
const deadline = 120_000;

/** How many runs the trend covers. */
const longestTrend = 30;

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
  const failed = failedChecks(report);
  await Promise.all(found.map((name) => correctStatus(join(results, name), failed)));
  const past = join(history, `${(report?.deployment.folder ?? "unknown").replaceAll(/[^\w.-]+/g, "_")}.jsonl`);
  const own = join(directory, "allure-history.jsonl");
  await copyFile(past, own).catch(unlessMissing);
  const config = join(directory, "allurerc.json");
  // A run of some files is not part of the trend.
  const complete = report !== undefined && report.incomplete === null;
  await writeFile(config, JSON.stringify(configuration(directory, own, complete, report)));
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
  await writeFile(page, withoutAnalytics(await readFile(page, "utf8")));
  await rm(config);
  await mkdir(history, { recursive: true });
  // Renamed, so that nobody reads half of it. If two runs end at the same time, one is missing in the trend.
  if (complete) await rename(own, past);
  else await rm(own, { force: true });
}

function configuration(
  directory: string,
  historyPath: string,
  appendHistory: boolean,
  report: ConformanceReport | undefined,
): object {
  const trend = { limit: longestTrend };
  const options = {
    singleFile: true,
    reportLanguage: "en",
    groupBy: ["parentSuite", "suite"],
    // The failure next to the list of checks.
    layout: "split",
    // By id: the order in which checks end means nothing.
    defaultSortBy: "name,asc",
    sections: ["charts"],
    charts: [
      { type: "currentStatus", title: "This run" },
      { type: "statusDynamics", title: "Outcomes over runs", ...trend },
      { type: "statusTransitions", title: "Changes from run to run", ...trend },
      { type: "durationDynamics", title: "Time over runs", ...trend },
    ],
  };
  return {
    name: "LiteLLM gateway conformance",
    output: join(directory, "html"),
    historyPath,
    appendHistory,
    historyLimit: longestTrend,
    variables: variables(report),
    plugins: { awesome: { options } },
  };
}

/** The environment of the run, which Allure shows above the results. */
function variables(report: ConformanceReport | undefined): Record<string, string> {
  if (report === undefined) return {};
  const { deployment, engine, parts, result, incomplete } = report;
  return {
    result: incomplete === null ? result : `${result}, incomplete: ${incomplete}`,
    deployment: deployment.folder,
    "deployment's digest": deployment.digest.slice(0, 19),
    engine: engine.version,
    ...Object.fromEntries(parts.map(({ name, version, origin }) => [name, `${version}, ${origin}`])),
  };
}

async function reportOf(directory: string): Promise<ConformanceReport | undefined> {
  const text = await readFile(join(directory, "conformance.json"), "utf8").catch(unlessMissing);
  return text === undefined ? undefined : (JSON.parse(text) as ConformanceReport);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Ids of the checks that failed because a requirement does not hold. */
function failedChecks(report: ConformanceReport | undefined): ReadonlySet<string> {
  const checks = (report?.requirements ?? []).flatMap((requirement) => requirement.checks);
  return new Set(checks.flatMap(({ id, outcome, failure }) => (outcome === "failed" && failure !== null ? [id] : [])));
}

/** Allure's result of one test, as far as it is read here. */
interface AllureResult {
  status?: string;
  labels?: readonly { name: string; value: string }[];
}

/**
 * Allure gives every error except an assertion the status 'broken', which means that the test itself is at fault. A check
 * that found a requirement violated has failed.
 */
async function correctStatus(file: string, failed: ReadonlySet<string>): Promise<void> {
  const result = JSON.parse(await readFile(file, "utf8")) as AllureResult;
  const id = result.labels?.find(({ name }) => name === checkLabel)?.value ?? "";
  if (result.status === "broken" && failed.has(id))
    await writeFile(file, JSON.stringify({ ...result, status: "failed" }));
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
