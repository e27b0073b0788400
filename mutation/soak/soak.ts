import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectEngine, type Engine } from "../../containers/engine/engine.ts";
import { EnvironmentError, ExitCode } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { type LaunchedConformance, launchRun, messageOf } from "../../helpers/run/launch-run.ts";
import { cpuHogs } from "./cpu-hogs.ts";
import { injectPauses } from "./pause-injection.ts";
import { differences, type SoakRun } from "./soak-differences.ts";

/** What `soak` does; see cli/soak.ts for the flags. */
export interface SoakOptions {
  runs: number;
  /** What would follow `npm test --`. */
  arguments: readonly string[];
  /** Pause every LiteLLM repeatedly, except in the first run. */
  injectPauses?: boolean;
  /** Programs that do nothing but keep a CPU busy, next to every run but the first. */
  hogs?: number;
}

/**
 * Runs the suite many times, and names every check whose outcome differs. Keeps the reports when there is one.
 *
 * @returns the exit code
 * @throws {EnvironmentError} when a run leaves no report
 */
export async function soak(options: SoakOptions, config: RunConfig): Promise<number> {
  const { runs } = options;
  const engine = options.injectPauses ? await connectEngine({ progress: new Progress() }) : undefined;
  const directory = mkdtempSync(join(tmpdir(), "soak-"));
  const done: SoakRun[] = [];
  for (let index = 0; index < runs; index++) {
    const began = performance.now();
    const isFirst = index === 0;
    const { exitCode, checks, pauses } = await runOnce(
      // The suite's own order first: it is the one that people see.
      { ...config, ...(isFirst ? {} : { order: `soak-${index}` }), reports: join(directory, String(index + 1)) },
      options.arguments,
      isFirst ? {} : { ...(engine === undefined ? {} : { pausedOn: engine }), hogs: options.hogs ?? 0 },
    );
    done.push({ exitCode, checks });
    const passed = checks.filter(({ outcome }) => outcome === "passed").length;
    const seconds = Math.round((performance.now() - began) / 1000);
    const paused = pauses === undefined ? "" : `, LiteLLM was paused ${pauses} times`;
    console.log(`run ${index + 1} of ${runs}: exit code ${exitCode}, ${passed} checks passed, ${seconds} s${paused}`);
  }
  const differing = differences(done);
  for (const line of differing) console.log(line);
  if (differing.length > 0) {
    console.log(`${differing.length} outcomes differ between ${runs} runs; the reports: ${directory}`);
    return ExitCode.notConformant;
  }
  console.log(`every check had the same outcome in each of ${runs} runs`);
  rmSync(directory, { recursive: true, force: true });
  return ExitCode.conformant;
}

async function runOnce(
  config: RunConfig,
  filters: readonly string[],
  { pausedOn, hogs = 0 }: { pausedOn?: Engine; hogs?: number },
): Promise<SoakRun & { pauses: number | undefined }> {
  const ended = new AbortController();
  using _ = cpuHogs(hogs);
  let pausing: Promise<number> | undefined;
  try {
    const { exitCode, output, conformance } = await launchRun(config, {
      arguments: filters,
      onStart: (pid) => {
        if (pausedOn === undefined) return;
        pausing = injectPauses(pausedOn, pid, ended.signal);
        // Its error is thrown below, when the run is over.
        pausing.catch(() => {});
      },
    });
    ended.abort();
    if (conformance === undefined)
      throw new EnvironmentError(`a run left no report (exit code ${exitCode}): ${lastLine(output)}`);
    return { exitCode, checks: checksOf(conformance), pauses: await pausing };
  } finally {
    ended.abort();
  }
}

function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}

/** Each check once, also where it proves several requirements. */
function checksOf({ requirements }: LaunchedConformance): SoakRun["checks"] {
  const checks = new Map(requirements.flatMap((one) => one.checks.map((check) => [check.id, check] as const)));
  return [...checks.values()].map((check) => ({ id: check.id, outcome: check.outcome, message: messageOf(check) }));
}
