import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** A run in Allure's history, as far as it is read here. */
interface HistoryPoint {
  testResults: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What Allure's trend and the list of a check's earlier runs are made from. */
const read = ["id", "name", "environment", "status", "start", "stop", "duration", "url", "historyId"] as const;

/** Copies the history of a deployment to where a report is made; nothing when there is none. */
export async function takeHistory(past: string, own: string): Promise<void> {
  await copyFile(past, own).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/**
 * Keeps the history that Allure has just appended a run to, without what no page shows: Allure keeps every label and stack
 * trace of every run, and puts all runs into every page.
 */
export async function keepHistory(own: string, past: string): Promise<void> {
  const lines = (await readFile(own, "utf8")).split("\n").filter((line) => line !== "");
  await writeFile(own, lines.map((line) => `${shortened(line)}\n`).join(""));
  await mkdir(dirname(past), { recursive: true });
  // Renamed, so that nobody reads half of it. If two runs end at the same time, one is missing in the trend.
  await rename(own, past);
}

/** Removes the copy of a run that is not part of the trend. */
export async function dropHistory(own: string): Promise<void> {
  await rm(own, { force: true });
}

function shortened(line: string): string {
  const point = JSON.parse(line) as HistoryPoint;
  const testResults = Object.entries(point.testResults).map(([id, result]) => [
    id,
    { ...Object.fromEntries(read.map((name) => [name, result[name]])), labels: [], reportLinks: [] },
  ]);
  return JSON.stringify({ ...point, testResults: Object.fromEntries(testResults) });
}
