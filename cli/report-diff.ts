import type { Command } from "commander";
import { ExitCode } from "../helpers/core/errors.ts";
import { differenceText, gotWorse, reportDifference } from "../reports/compare/report-diff.ts";
import { readReport } from "../reports/model/read-report.ts";

export function addReportDiff(program: Command): void {
  program
    .command("report:diff")
    .summary("compare two runs")
    .description(
      "Says what got better and what got worse between two runs, and what was changed. Exit code 1 where anything got worse.",
    )
    .argument("<old>", "conformance.json of the earlier run")
    .argument("<new>", "conformance.json of the later run")
    .action((earlier: string, later: string) => {
      const difference = reportDifference(readReport(earlier), readReport(later));
      console.log(differenceText(difference));
      process.exitCode = gotWorse(difference) ? ExitCode.notConformant : ExitCode.conformant;
    });
}
