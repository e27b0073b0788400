import { join } from "node:path";
import type { Command } from "commander";
import { ExitCode, UsageError } from "../helpers/core/errors.ts";
import { runConfig } from "../helpers/core/run-config.ts";
import { benchOf, benchText } from "../reports/compare/bench.ts";
import { readReport } from "../reports/model/read-report.ts";
import { positiveNumber } from "./arguments.ts";

export function addBench(program: Command): void {
  program
    .command("bench")
    .summary("compare the phases of a run with its own floor")
    .description(
      "Compares each phase of a run with the run's own floor: LiteLLM's start, one listing of tools, one turn of an agent.",
    )
    .argument("[report]", "conformance.json of the run (default: the last run's)")
    .option("--at-most <ratio>", "exit code 1 where the whole run took longer than this many floors", positiveNumber)
    .action((report: string | undefined, { atMost }: { atMost?: number }) => {
      process.exitCode = bench(report ?? join(runConfig().reports, "conformance.json"), atMost);
    });
}

function bench(file: string, atMost: number | undefined): number {
  const result = benchOf(readReport(file));
  console.log(benchText(result));
  if (atMost === undefined) return ExitCode.conformant;
  if (result.ratio === undefined) throw new UsageError("that run has no floor to compare with; run every suite");
  return result.ratio > atMost ? ExitCode.notConformant : ExitCode.conformant;
}
