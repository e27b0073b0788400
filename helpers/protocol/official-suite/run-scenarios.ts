import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { jsonOf } from "../../core/text/json.ts";

const scenarioCheck = z.looseObject({
  id: z.string(),
  /** `INFO` judges nothing; `WARNING` is a SHOULD that does not hold. */
  status: z.enum(["SUCCESS", "FAILURE", "WARNING", "INFO", "SKIPPED"]),
  description: z.string(),
  errorMessage: z.string().optional(),
});

/** One check of a scenario, as the official suite's `checks.json` has it. */
export type ScenarioCheck = z.infer<typeof scenarioCheck>;

/** What the official suite reports of each server scenario that ended, by the scenario's name. */
export type ScenarioResults = ReadonlyMap<string, readonly ScenarioCheck[]>;

/** The official suite is a command; its package exports nothing. */
const command = createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/dist/index.js");

/**
 * Runs every server scenario of the official MCP conformance suite (`@modelcontextprotocol/conformance`), one after the
 * other in a process of its own. Scenarios that have not ended at the deadline have no result.
 *
 * @param url an MCP endpoint that needs no credential: the suite can send none
 * @param deadline milliseconds
 * @throws {Error} when no scenario has a result, with the last of what the suite printed
 */
export async function runOfficialScenarios(url: string, deadline: number): Promise<ScenarioResults> {
  const folder = mkdtempSync(join(tmpdir(), "official-scenarios-"));
  try {
    const args = [command, "server", "--url", url, "--suite", "all", "--output-dir", folder];
    // Its exit code only says that some scenario failed.
    const printed = await new Promise<string>((resolve) => {
      execFile(
        process.execPath,
        args,
        { timeout: deadline, maxBuffer: Number.POSITIVE_INFINITY },
        (_, stdout, stderr) => resolve(`${stdout}\n${stderr}`),
      );
    });
    const results = new Map(readdirSync(folder).flatMap((name) => resultIn(folder, name)));
    if (results.size > 0) return results;
    throw new Error(`the official conformance suite reported nothing: ${printed.trim().slice(-500)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A scenario's folder is `server-<scenario>-<time of its start>`. */
function resultIn(folder: string, name: string): [string, ScenarioCheck[]][] {
  const scenario = /^server-(.+)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/.exec(name)?.[1];
  if (scenario === undefined || !readdirSync(join(folder, name)).includes("checks.json")) return [];
  // A process that was killed may have left half a file.
  const checks = z.array(scenarioCheck).safeParse(jsonOf(readFileSync(join(folder, name, "checks.json"), "utf8")));
  return checks.success ? [[scenario, checks.data]] : [];
}
