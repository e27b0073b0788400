import type { Engine } from "../../containers/engine/engine.ts";
import { isOfProcess, runLabel } from "../../containers/engine/run-labels.ts";
import { partLabel, rigLabel } from "../../containers/parts/part.ts";
import { ContainerGroups } from "../../helpers/bench/cgroups.ts";
import { Meter, type PartName, type Spawn } from "../../helpers/bench/meter.ts";
import { Processes } from "../../helpers/bench/processes.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import { launchRun } from "../../helpers/run/launch-run.ts";
import type { RunCost } from "../../reports/costs/bench-report.ts";
import { checkCosts } from "../../reports/costs/check-costs.ts";

/** What is run. */
export interface MeasuredRunOptions {
  engine: Engine;
  config: RunConfig;
  /** What would follow `npm test --`. */
  arguments: readonly string[];
  /** Called with each piece of the run's output. */
  onOutput: (text: string) => void;
}

/** Between two readings of the harness's memory, in milliseconds. */
const memoryInterval = 1_000;

/**
 * Runs the suite once, and measures what that costs.
 *
 * @throws {EnvironmentError} when the run leaves no report
 */
export async function measureRun({ engine, config, arguments: own, onOutput }: MeasuredRunOptions): Promise<RunCost> {
  const processes = new Processes();
  const childrenOf = (): number => processes.usage("self")?.children ?? 0;
  const harnessBefore = childrenOf();
  const harness = { pid: 0, peakMemory: 0 };
  const meter = new Meter({
    groups: new ContainerGroups(),
    processes,
    describe: (container) => describe(engine, container, harness.pid),
  });
  const memory = setInterval(() => {
    harness.peakMemory = Math.max(harness.peakMemory, processes.peakMemory(harness.pid));
  }, memoryInterval);
  meter.start();
  const run = await launchRun(config, {
    arguments: own,
    onOutput,
    onStart: (pid) => {
      harness.pid = pid;
    },
  }).finally(() => clearInterval(memory));
  const measured = await meter.stop();
  if (run.conformance === undefined) throw new EnvironmentError(`a run left no report (exit code ${run.exitCode})`);
  const checks = new Set(run.conformance.requirements.flatMap((one) => one.checks.map(({ id }) => id)));
  const parts = measured.parts.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const ofHarness = childrenOf() - harnessBefore;
  return {
    exitCode: run.exitCode,
    wallSeconds: measured.wallSeconds,
    cpuSeconds: {
      parts,
      engine: measured.engine,
      harness: ofHarness,
      total: parts + measured.engine + ofHarness,
      machine: measured.machine,
    },
    peakMemory: { parts: measured.peakMemory, harness: harness.peakMemory },
    parts: measured.parts.toSorted((one, other) => other.cpuSeconds - one.cpuSeconds),
    checks: checkCosts(run.folder, [...checks], measured.spawns),
    spawned: countSpawns(measured.spawns),
  };
}

/** Which part of the run a container is; undefined for one of another run, or one that has just ended. */
async function describe(engine: Engine, container: string, pid: number): Promise<PartName | undefined> {
  const inspected = await engine.docker
    .getContainer(container)
    .inspect()
    .catch(() => undefined);
  const labels = inspected?.Config.Labels ?? {};
  if (!isOfProcess(labels, pid)) return undefined;
  const rig = labels[rigLabel]?.slice(`${labels[runLabel]}-`.length);
  return { rig: rig ?? "no rig", part: labels[partLabel] ?? inspected?.Name.slice(1) ?? container };
}

function countSpawns(spawns: readonly Spawn[]): RunCost["spawned"] {
  const groups = Map.groupBy(spawns, ({ rig, program }) => JSON.stringify([rig, program]));
  return [...groups.values()]
    .flatMap((own) => (own[0] === undefined ? [] : [{ rig: own[0].rig, program: own[0].program, count: own.length }]))
    .toSorted((one, other) => other.count - one.count);
}
