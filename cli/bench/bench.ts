import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { connectEngine } from "../../containers/engine/engine.ts";
import { ExitCode, UsageError } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import { Progress, seconds } from "../../helpers/core/terminal/progress.ts";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import { benchPicture } from "../../reports/costs/bench-picture.ts";
import { type BenchReport, type RunCost, serializeBench, summaryOf } from "../../reports/costs/bench-report.ts";
import { benchText, excessText } from "../../reports/costs/bench-text.ts";
import { svgFile } from "../../reports/pictures/svg.ts";
import { measureRun } from "./measure-run.ts";

/** What `bench` does; see cli/bench.ts for the flags. */
export interface BenchOptions {
  runs: number;
  /** CPU seconds of a run. */
  atMost: number | undefined;
  /** Folder of `bench.json`, `bench.txt` and `bench.svg`. */
  output: string;
  /** What would follow `npm test --`. */
  arguments: readonly string[];
}

/** The smallest run of a gateway: LiteLLM's start, a listing, a turn of Codex. */
const floor = ["suites/prompts/agents/codex-databases.spec.ts"];

/**
 * Measures the floor, then the runs, one after the other, and writes the result.
 *
 * @returns the exit code
 * @throws {UsageError} where the engine is on another machine, whose processes cannot be read
 */
export async function bench(options: BenchOptions, config: RunConfig): Promise<number> {
  const { runs: count, atMost, output } = options;
  const progress = new Progress();
  const engine = await connectEngine({ progress });
  if (engine.isRemote || process.platform !== "linux")
    throw new UsageError("bench reads the control groups of the engine's machine: run it there, on Linux");
  const busyBefore = loadavg()[0] ?? 0;
  const reports = mkdtempSync(join(tmpdir(), "bench-"));
  const measure = async (name: string, own: readonly string[]): Promise<RunCost> => {
    const folder = join(reports, name.replaceAll(" ", "-"));
    const run = await progress.during(name, () =>
      measureRun({ engine, config: { ...config, reports: folder }, arguments: own, onOutput: () => {} }),
    );
    progress.line(
      `${name}: exit code ${run.exitCode}, ${run.cpuSeconds.total.toFixed(1)} CPU seconds, ${seconds(run.wallSeconds * 1_000)}`,
    );
    rmSync(folder, { recursive: true, force: true });
    return run;
  };
  try {
    const { wallSeconds, cpuSeconds, peakMemory } = await measure("the floor", floor);
    const runs: RunCost[] = [];
    for (let index = 1; index <= count; index++) runs.push(await measure(`run ${index}`, options.arguments));
    const report: BenchReport = {
      schemaVersion: 1,
      measuredAt: new Date().toISOString(),
      deployment: displayPath(config.deployment),
      machine: { processors: availableParallelism(), memory: totalmem(), busyBefore },
      floor: { wallSeconds, cpuSeconds, peakMemory },
      runs,
      ...summaryOf(runs),
    };
    write(report, output);
    const excess = atMost === undefined ? undefined : excessText(report.median, atMost);
    if (excess !== undefined) console.log(excess);
    return excess === undefined ? ExitCode.conformant : ExitCode.notConformant;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

function write(report: BenchReport, output: string): void {
  const text = benchText(report);
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, "bench.json"), serializeBench(report));
  writeFileSync(join(output, "bench.txt"), `${text}\n`);
  writeFileSync(join(output, "bench.svg"), svgFile(benchPicture(report)));
  console.log(text);
  console.log(join(output, "bench.json"));
}
