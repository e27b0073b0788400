import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ConformanceReport } from "../../model/conformance-report.ts";
import { allureConfiguration } from "./allure-configuration.ts";
import { dropHistory, keepHistory, takeHistory } from "./allure-history.ts";
import { changedPage } from "./allure-page.ts";
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
  await writeFile(page, changedPage(await readFile(page, "utf8")));
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
