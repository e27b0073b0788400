import { writeFileSync } from "node:fs";
import type { Command } from "commander";
import { runConfig } from "../helpers/core/run-config.ts";
import { exampleFile, exampleStatus } from "../reports/status/status-example.ts";

export function addReportExample(program: Command): void {
  program
    .command("report:example")
    .summary("write the example of a status document again")
    .description("Runs every suite against deployments/as-found and writes reports/example/STATUS.md.")
    .action(async () => {
      const status = await exampleStatus(runConfig(), (text) => void process.stderr.write(text));
      writeFileSync(exampleFile, status);
    });
}
