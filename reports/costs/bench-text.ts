import { seconds } from "../../helpers/core/terminal/progress.ts";
import type { BenchReport, Cost } from "./bench-report.ts";

/** How many parts and checks the table names. */
const named = 12;

/** The bench as a table for a terminal: what a run costs, and what of it costs most. */
export function benchText(report: BenchReport): string {
  const { runs, median, spread, floor, machine } = report;
  const [first] = runs;
  const row = (name: string, ...values: readonly string[]): string =>
    `${name.padEnd(44)}${values.map((value) => value.padStart(14)).join("")}`.trimEnd();
  const perPart = (first?.parts ?? []).slice(0, named);
  const perCheck = (first?.checks ?? []).slice(0, named);
  const spawned = (first?.spawned ?? []).reduce((sum, { count }) => sum + count, 0);
  const failed = runs.flatMap(({ exitCode }, index) =>
    exitCode === 0
      ? []
      : [`Run ${index + 1} ended with exit code ${exitCode}: its cost is not that of a conformant run.`],
  );
  return [
    ...failed,
    ...(machine.busyBefore > busyMachine ? [busyText(machine.busyBefore)] : []),
    row(`${runs.length} run${runs.length === 1 ? "" : "s"}, median`, "a run", "the floor"),
    ...(["parts", "engine", "harness", "total"] as const).map((name) =>
      row(`CPU seconds: ${name}`, median.cpuSeconds[name].toFixed(1), floor.cpuSeconds[name].toFixed(1)),
    ),
    // What other programs did meanwhile; the measurement itself is a small part of it.
    row("CPU seconds: rest of the machine", othersOf(median), othersOf(floor)),
    row("wall time", seconds(median.wallSeconds * 1_000), seconds(floor.wallSeconds * 1_000)),
    row("peak memory: parts", megabytes(median.peakMemory.parts), megabytes(floor.peakMemory.parts)),
    row("peak memory: harness", megabytes(median.peakMemory.harness), megabytes(floor.peakMemory.harness)),
    row("spread: CPU seconds", spread.cpuSeconds.toFixed(1)),
    row("spread: wall time", seconds(spread.wallSeconds * 1_000)),
    "",
    row("parts of the first run", "CPU seconds", "peak memory"),
    ...perPart.map(({ rig, part, cpuSeconds, peakMemory }) =>
      row(`${rig} ${part}`, cpuSeconds.toFixed(1), megabytes(peakMemory)),
    ),
    "",
    row("checks of the first run", "MCP requests", "spawned"),
    ...perCheck.map(({ id, mcpRequests, spawned: own }) => row(id, String(mcpRequests), own.toFixed(1))),
    `LiteLLM started ${spawned} processes in the first run: ${(first?.spawned ?? []).map(({ program, count, rig }) => `${count} ${program} (${rig})`).join(", ") || "none"}.`,
  ].join("\n");
}

/** CPU seconds of the machine that the run does not account for. */
function othersOf({ cpuSeconds: { machine, total } }: Cost): string {
  return Math.max(machine - total, 0).toFixed(1);
}

/** With a higher load average than this before the floor, others share the caches of the processor. */
const busyMachine = 0.2;

function busyText(busy: number): string {
  return `The machine was not idle: its load average was ${busy.toFixed(1)} before the floor. CPU seconds are somewhat higher then, and wall time says nothing.`;
}

/** E.g. `412.3 CPU seconds, more than the 140 that are allowed`; undefined for a bench within the limit. */
export function excessText({ cpuSeconds }: Pick<Cost, "cpuSeconds">, limit: number): string | undefined {
  if (cpuSeconds.total <= limit) return undefined;
  return `${cpuSeconds.total.toFixed(1)} CPU seconds, more than the ${limit} that are allowed`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
