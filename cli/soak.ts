import type { Command } from "commander";
import { runConfig } from "../helpers/core/run-config.ts";
import { wholeNumber } from "./arguments.ts";

export function addSoak(program: Command): void {
  program
    .command("soak")
    .summary("run the suite many times and name every check whose outcome differs")
    .description(
      "Runs the suite many times, the files in another order each time, and names every check whose outcome differs. " +
        "Exit code 1 where there is one.",
    )
    .argument("<runs>", "how many runs; at least 2", wholeNumber(2))
    .argument("[arguments...]", "what would follow `npm test --`")
    .option("--inject-pauses", "pause every LiteLLM repeatedly, as on an overloaded machine, except in the first run")
    .option("--hogs <count>", "keep so many CPUs busy next to every run but the first", wholeNumber(1))
    .allowUnknownOption()
    .action(async (runs: number, filters: readonly string[], options: { injectPauses?: boolean; hogs?: number }) => {
      const { soak } = await import("../mutation/soak/soak.ts");
      process.exitCode = await soak({ runs, arguments: filters, ...options }, runConfig());
    });
}
