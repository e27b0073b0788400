import { z } from "zod";

const seconds = z.number().nonnegative();
const bytes = z.number().int().nonnegative();

const cost = z.object({
  wallSeconds: seconds.describe("From the start of the run's process to its end"),
  cpuSeconds: z
    .object({
      parts: seconds.describe("All containers of the run"),
      engine: seconds.describe("The engine's own processes, and programs that it ran outside of containers"),
      harness: seconds.describe("The run's process, Allure included"),
      total: seconds.describe("Parts, engine and harness; what --at-most limits"),
      machine: seconds.describe("Whatever the machine did meanwhile; on an idle machine not much more than the total"),
    })
    .describe("Does not depend on how fast or how busy the machine is, as far as the processor's caches allow"),
  peakMemory: z.object({
    parts: bytes.describe("The most that all containers had at one time, without caches of files"),
    harness: bytes,
  }),
});

const run = cost.extend({
  exitCode: z.int(),
  parts: z
    .array(z.object({ rig: z.string(), part: z.string(), cpuSeconds: seconds, peakMemory: bytes }))
    .describe("The most expensive first"),
  checks: z
    .array(
      z.object({
        id: z.string(),
        mcpRequests: z.int().nonnegative().describe("JSON-RPC requests that the check itself sent"),
        spawned: z
          .number()
          .nonnegative()
          .describe(
            "Processes that LiteLLM started while the check had a request or a command under way, shared with the other checks that had one",
          ),
      }),
    )
    .describe("Those that made LiteLLM start the most first"),
  spawned: z.array(z.object({ rig: z.string(), program: z.string(), count: z.int().positive() })),
});

const benchReport = z.object({
  schemaVersion: z.literal(1),
  measuredAt: z.iso.datetime(),
  deployment: z.string(),
  machine: z.object({
    processors: z.int().positive(),
    memory: bytes,
    busyBefore: z
      .number()
      .nonnegative()
      .describe("Load average of the minute before the floor: processes that ran or waited for a processor"),
  }),
  floor: cost.describe("A run of one check, measured alone and first: LiteLLM's start and one turn of Codex"),
  runs: z.array(run).min(1),
  median: cost,
  spread: z
    .object({ cpuSeconds: seconds, wallSeconds: seconds })
    .describe("Between the cheapest run and the most expensive one"),
});

/** What a run cost. CPU and wall time in seconds, memory in bytes. */
export type Cost = z.infer<typeof cost>;

/** What one measured run cost, by part and by check. */
export type RunCost = z.infer<typeof run>;

/** A `bench.json`. */
export type BenchReport = z.infer<typeof benchReport>;

/** The JSON schema of `bench.json`, which `reports/bench.schema.json` has. */
export function benchSchema(): object {
  return z.toJSONSchema(benchReport);
}

/** What the measured runs cost together. */
export function summaryOf(runs: readonly RunCost[]): Pick<BenchReport, "median" | "spread"> {
  const middle = (value: (run: RunCost) => number): number => median(runs.map(value));
  const range = (value: (run: RunCost) => number): number => {
    const values = runs.map(value);
    return Math.max(...values) - Math.min(...values);
  };
  return {
    median: {
      wallSeconds: middle(({ wallSeconds }) => wallSeconds),
      cpuSeconds: {
        parts: middle(({ cpuSeconds }) => cpuSeconds.parts),
        engine: middle(({ cpuSeconds }) => cpuSeconds.engine),
        harness: middle(({ cpuSeconds }) => cpuSeconds.harness),
        total: middle(({ cpuSeconds }) => cpuSeconds.total),
        machine: middle(({ cpuSeconds }) => cpuSeconds.machine),
      },
      peakMemory: {
        parts: Math.round(middle(({ peakMemory }) => peakMemory.parts)),
        harness: Math.round(middle(({ peakMemory }) => peakMemory.harness)),
      },
    },
    spread: {
      cpuSeconds: range(({ cpuSeconds }) => cpuSeconds.total),
      wallSeconds: range(({ wallSeconds }) => wallSeconds),
    },
  };
}

/** @throws {Error} when the report does not match its schema */
export function serializeBench(report: BenchReport): string {
  return `${JSON.stringify(benchReport.parse(report), null, 2)}\n`;
}

/** What each part costs in the median of the runs; the most expensive first. A part that a run did not start costs nothing in it. */
export function medianParts(runs: readonly RunCost[]): { name: string; cpuSeconds: number }[] {
  const costs = runs.map(
    ({ parts }) => new Map(parts.map(({ rig, part, cpuSeconds }) => [`${rig} ${part}`, cpuSeconds])),
  );
  const names = new Set(costs.flatMap((run) => [...run.keys()]));
  return [...names]
    .map((name) => ({ name, cpuSeconds: median(costs.map((run) => run.get(name) ?? 0)) }))
    .toSorted((one, other) => other.cpuSeconds - one.cpuSeconds);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
