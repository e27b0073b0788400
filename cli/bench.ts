import type { Command } from "commander";
import { runConfig } from "../helpers/core/run-config.ts";
import { positiveNumber, wholeNumber } from "./arguments.ts";

interface Flags {
  runs: number;
  atMost?: number;
  output: string;
}

export function addBench(program: Command): void {
  program
    .command("bench")
    .summary("measure what a run costs: CPU seconds of parts, engine and harness, memory, MCP requests")
    .description(
      "Measures the floor (a run of one check) and then whole runs, one after the other: CPU seconds of each part, of the " +
        "engine and of the harness, peak memory, wall time, and for each check its MCP requests and the processes that " +
        "LiteLLM started meanwhile. Writes bench.json, bench.txt and bench.svg. Wants a machine that does nothing else.",
    )
    .argument("[arguments...]", "what would follow `npm test --`")
    .option("--runs <count>", "how many runs are measured", wholeNumber(1), 5)
    .option("--at-most <seconds>", "exit code 1 where a run costs more CPU seconds, in the median", positiveNumber)
    .option("--output <folder>", "folder of the result", "reports/bench")
    .action(async (filters: readonly string[], { runs, atMost, output }: Flags) => {
      const { bench } = await import("./bench/bench.ts");
      process.exitCode = await bench({ runs, atMost, output, arguments: filters }, runConfig());
    });
}
