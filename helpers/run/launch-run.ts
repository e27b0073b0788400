import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { environmentOf, type RunConfig, runVariables } from "../core/run-config.ts";

/** How a run is launched. */
export interface LaunchOptions {
  /** What follows `npm test --`: parts of file names, and vitest's own flags. Empty for every suite. */
  arguments?: readonly string[];
  /** Called when the run's process has started. */
  onStart?: (pid: number) => void;
  /** Called with each piece of the run's output. */
  onOutput?: (text: string) => void;
}

/** A run that is over. */
export interface RunReport {
  /** The exit code of `npm test`; -1 when a signal ended the process. */
  exitCode: number;
  /** Standard output and standard error, in the order in which they came. */
  output: string;
  /** Absolute path of the report's folder, which the caller removes. */
  folder: string;
  /** What `conformance.json` says; undefined when the run wrote none. */
  conformance: LaunchedConformance | undefined;
}

const text = z.object({ message: z.string() }).nullish();

/** What callers read of `conformance.json`; see reports/conformance.schema.json for the whole. */
const launchedConformance = z.object({
  deployment: z.object({
    notes: z.array(
      z.object({
        kind: z.string(),
        file: z.string(),
        line: z.number().optional(),
        what: z.string(),
        why: z.string(),
      }),
    ),
  }),
  requirements: z.array(
    z.object({
      id: z.string(),
      outcome: z.string(),
      checks: z.array(
        z.object({
          id: z.string(),
          outcome: z.string(),
          failure: text,
          ownFault: text,
          reason: z.string().nullish(),
        }),
      ),
    }),
  ),
});

/** The report of a launched run, as far as callers read it. */
export type LaunchedConformance = z.infer<typeof launchedConformance>;

/** A check in the report of a launched run. */
export type LaunchedCheck = LaunchedConformance["requirements"][number]["checks"][number];

/** Why a check did not pass, as an operator reads it; empty where it passed. */
export function messageOf({ failure, ownFault, reason }: LaunchedCheck): string {
  return failure?.message ?? ownFault?.message ?? reason ?? "";
}

const root = join(import.meta.dirname, "..", "..");

/**
 * Runs the suite in a process of its own, as `npm test` does, and reads the report that it wrote.
 *
 * @throws {Error} when the process cannot be started, or when its report is malformed
 */
export async function launchRun(config: RunConfig, options: LaunchOptions = {}): Promise<RunReport> {
  const { arguments: own = [], onStart = () => {}, onOutput = () => {} } = options;
  const child = spawn(process.execPath, [join(root, "node_modules", "vitest", "vitest.mjs"), "run", ...own], {
    cwd: root,
    env: childEnvironment(config),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (piece: string) => {
      output += piece;
      onOutput(piece);
    });
  }
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? -1));
  });
  if (child.pid !== undefined) onStart(child.pid);
  const exitCode = await ended;
  return { exitCode, output, folder: config.reports, conformance: readConformance(config.reports) };
}

/** Variables that vitest sets in its workers: with them the child would behave like a worker. */
const ofVitest = /^VITEST(_|$)/;

function childEnvironment(config: RunConfig): Record<string, string | undefined> {
  const replaced: ReadonlySet<string> = new Set(runVariables);
  const inherited = Object.entries(process.env).filter(([name]) => !replaced.has(name) && !ofVitest.test(name));
  return {
    ...Object.fromEntries(inherited),
    // Its paths are relative to this process's working directory, and the child has another.
    ...environmentOf(config),
    DEPLOYMENT: config.deployment,
    REPORTS: config.reports,
    NO_COLOR: "1",
  };
}

function readConformance(folder: string): LaunchedConformance | undefined {
  const file = join(folder, "conformance.json");
  return existsSync(file) ? launchedConformance.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
}
