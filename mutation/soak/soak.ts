import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connectEngine, type Engine } from "../../containers/engine/engine.ts";
import { command, UsageError } from "../../helpers/core/command.ts";
import { ExitCode } from "../../helpers/core/errors.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import type { ConformanceReport } from "../../reports/model/conformance-json.ts";
import { orderVariable } from "../../suites/runner/file-order.ts";
import { injectPauses } from "./pause-injection.ts";
import { differences, type SoakRun } from "./soak-differences.ts";

const usage = `usage: npm run soak -- RUNS [--stutter] [what stands behind npm test --]
runs the suite many times over, its files in another order each time, and names every check that did not say the same
each time; exit code 1 if there is one
  --stutter   but for the first time, every LiteLLM stands still for a while again and again, as on a busy machine`;

await command(usage, async ([count, ...rest]) => {
  const runs = Number(count);
  const isStuttering = rest[0] === "--stutter";
  const filters = isStuttering ? rest.slice(1) : rest;
  if (!Number.isInteger(runs) || runs < 2) throw new UsageError("how many runs? At least 2: one differs from nothing");
  const engine = isStuttering ? await connectEngine({ progress: new Progress() }) : undefined;
  const directory = mkdtempSync(join(tmpdir(), "soak-"));
  const done: SoakRun[] = [];
  for (let index = 0; index < runs; index++) {
    // The suite's own order first: it is the one that people see.
    const order = index === 0 ? undefined : `soak-${index}`;
    const began = performance.now();
    const { exitCode, report, stutters } = await run(filters, {
      order,
      reports: join(directory, String(index + 1)),
      stutterOn: index === 0 ? undefined : engine,
    });
    done.push({ exitCode, checks: checksOf(report) });
    const passed = checksOf(report).filter(({ outcome }) => outcome === "passed").length;
    const seconds = Math.round((performance.now() - began) / 1000);
    const stood = stutters === undefined ? "" : `, LiteLLM stood still ${stutters} times`;
    console.log(`run ${index + 1} of ${runs}: exit code ${exitCode}, ${passed} checks passed, ${seconds} s${stood}`);
  }
  const differing = differences(done);
  for (const line of differing) console.log(line);
  console.log(
    differing.length === 0
      ? `every check said the same in each of ${runs} runs`
      : `${differing.length} did not say the same in each of ${runs} runs; the reports: ${directory}`,
  );
  if (differing.length > 0) return ExitCode.notConformant;
  rmSync(directory, { recursive: true, force: true });
  return ExitCode.conformant;
});

function run(
  filters: readonly string[],
  { order, reports, stutterOn }: { order: string | undefined; reports: string; stutterOn: Engine | undefined },
): Promise<{ exitCode: number; report: ConformanceReport; stutters: number | undefined }> {
  const child = spawn(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), "run", ...filters], {
    env: {
      ...process.env,
      REPORTS: reports,
      NO_COLOR: "1",
      ...(order === undefined ? {} : { [orderVariable]: order }),
    },
    stdio: "ignore",
  });
  const ended = new AbortController();
  return new Promise((done, failed) => {
    child.once("error", failed);
    const stuttering =
      stutterOn === undefined || child.pid === undefined ? undefined : injectPauses(stutterOn, child.pid, ended.signal);
    stuttering?.catch(failed);
    child.once("close", async (code) => {
      ended.abort();
      try {
        // This version's own: it was written a moment ago.
        const report = JSON.parse(readFileSync(join(reports, "conformance.json"), "utf8")) as ConformanceReport;
        done({ exitCode: code ?? -1, report, stutters: await stuttering });
      } catch (error) {
        failed(error);
      }
    });
  });
}

function checksOf({ requirements }: ConformanceReport): SoakRun["checks"] {
  return requirements.flatMap(({ id, checks }) =>
    checks.map(({ name, outcome, message }) => ({ name: `${id}: ${name}`, outcome, message: message ?? "" })),
  );
}
