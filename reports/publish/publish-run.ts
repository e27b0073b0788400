import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DeploymentError, EnvironmentError } from "../../helpers/core/errors.ts";
import { readReport } from "../model/read-report.ts";
import { indexPage, type PublishedRun, runPage, withNavigation } from "./published-pages.ts";

/** How long one publisher waits for another, in milliseconds: copying a run takes a second or two. */
const longestWait = 120_000;

/** What of a run is not published: nobody reads it. */
const unpublished: ReadonlySet<string> = new Set(["allure-results", "run.json"]);

/**
 * Adds a run to a folder of runs that any static host can serve: `index.html` with the verdict and the trend of each
 * deployment, `badge.json` of the newest run, and `runs/<id>/` with the page of each run. The oldest runs beyond the limit are removed; what else is in the folder stays.
 *
 * The folder is complete at every moment: a run is copied next to the others and then renamed, and so is the index, which is
 * made from the runs that are there. Publishers take turns by a lock that the system releases when a process dies, so that
 * two at the same time lose nothing; the next publisher removes what a dead one left.
 *
 * @param report the run's directory, e.g. `reports/latest`
 * @param site the folder of runs; created when it is missing
 * @param limit how many runs are kept
 * @returns the run's page, relative to `site`
 * @throws {DeploymentError} when `report` holds no report
 * @throws {EnvironmentError} when another publisher does not finish
 */
export async function publishRun(report: string, site: string, limit: number): Promise<string> {
  const { run } = readReport(join(report, "conformance.json"));
  // The time comes first: the order of names is the order of runs.
  const name = `${run.finishedAt.replaceAll(/[:.]/g, "-")}-${run.id || "no-run"}`;
  await mkdir(join(site, "runs"), { recursive: true });
  using _ = lock(site);
  await removeLeftovers(site);
  const location = join(site, "runs", name);
  // A run that is there is complete: its publisher died before it wrote the index.
  if (!existsSync(location)) await addRun(report, join(site, `${incomingPrefix}${name}`), location, name);
  const names = (await readdir(join(site, "runs"))).filter(isRunName).sort().reverse();
  const kept = names.slice(0, limit);
  const runs = (await Promise.all(kept.map((one) => readable(join(site, "runs", one), one)))).flat();
  await replace(join(site, "index.html"), indexPage(runs));
  await replace(join(site, "STATUS.md"), runs[0]?.status ?? "");
  const badge =
    runs[0] && (await readFile(join(site, "runs", runs[0].name, "badge.json"), "utf8").catch(() => undefined));
  if (badge !== undefined) await replace(join(site, "badge.json"), badge);
  // Last: the index never points to a page that is gone.
  await Promise.all(names.slice(limit).map((one) => rm(join(site, "runs", one), { recursive: true, force: true })));
  return `runs/${name}/index.html`;
}

async function addRun(report: string, incoming: string, location: string, name: string): Promise<void> {
  await cp(report, incoming, { recursive: true, filter: (source) => !unpublished.has(relative(report, source)) });
  const page = join(incoming, "index.html");
  const own = await readFile(page, "utf8").catch(() => undefined);
  await writeFile(page, own === undefined ? runPage(await publishedRun(incoming, name)) : withNavigation(own));
  await rename(incoming, location);
}

/** Whether a publisher gave a folder this name: it begins with the time at which the run ended. */
function isRunName(name: string): boolean {
  return /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}(-\d+)?Z-./.test(name);
}

const incomingPrefix = ".incoming-";
const newSuffix = ".new";

/** Files of the folder that each publisher replaces. */
const replaced: readonly string[] = ["index.html", "STATUS.md", "badge.json"];

/** Removes what publishers left that died. The caller holds the lock, so no other publisher runs. */
async function removeLeftovers(site: string): Promise<void> {
  const dead = (await readdir(site)).filter(
    (name) =>
      (name.startsWith(incomingPrefix) && isRunName(name.slice(incomingPrefix.length))) ||
      replaced.some((file) => name === `${file}${newSuffix}`),
  );
  await Promise.all(dead.map((name) => rm(join(site, name), { recursive: true, force: true })));
}

async function replace(file: string, content: string): Promise<void> {
  await writeFile(`${file}${newSuffix}`, content);
  await rename(`${file}${newSuffix}`, file);
}

/** A folder that is not a run must not keep runs from being published. */
async function readable(directory: string, name: string): Promise<PublishedRun[]> {
  try {
    return [await publishedRun(directory, name)];
  } catch (error) {
    if (error instanceof DeploymentError) return [];
    throw error;
  }
}

async function publishedRun(directory: string, name: string): Promise<PublishedRun> {
  const status = await readFile(join(directory, "STATUS.md"), "utf8").catch(() => "");
  const files = [
    "html/index.html",
    "STATUS.md",
    "conformance.json",
    "junit.xml",
    "failures",
    "transcripts",
    "evidence",
  ];
  return {
    name,
    report: readReport(join(directory, "conformance.json")),
    status,
    files: files.filter((file) => existsSync(join(directory, file))),
  };
}

/** The lock of a folder: SQLite's, because it ends with its process, however that ends. A lock file would outlive it. */
function lock(site: string): Disposable {
  const database = new DatabaseSync(join(site, ".lock"), { timeout: longestWait });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new EnvironmentError(`another run is being published to ${site}, and does not finish`, { cause });
  }
  return { [Symbol.dispose]: () => database.close() };
}
