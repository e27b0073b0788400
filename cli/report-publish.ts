import { resolve } from "node:path";
import type { Command } from "commander";
import { runConfig } from "../helpers/core/run-config.ts";
import { publishRun } from "../reports/publish/publish-run.ts";
import { wholeNumber } from "./arguments.ts";

export function addReportPublish(program: Command): void {
  program
    .command("report:publish")
    .summary("add a run to a folder of runs")
    .description(
      "Adds a run to a folder of runs that any static host can serve. The oldest runs beyond the limit are removed; other files of the folder stay.",
    )
    .argument("<directory>", "the folder of runs; created where it is missing")
    .option("--from <directory>", "report of the run (default: the last run's)")
    .option("--keep <n>", "how many runs the folder keeps", wholeNumber(1), 50)
    .action(async (site: string, { from, keep }: { from?: string; keep: number }) => {
      console.log(`${site}/${await publishRun(resolve(from ?? runConfig().reports), resolve(site), keep)}`);
    });
}
