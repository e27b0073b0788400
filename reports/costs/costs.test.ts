import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { svgFile } from "../pictures/svg.ts";
import { benchPicture } from "./bench-picture.ts";
import { type BenchReport, benchSchema, type RunCost, serializeBench, summaryOf } from "./bench-report.ts";
import { benchText, excessText } from "./bench-text.ts";
import { checkCosts } from "./check-costs.ts";

function runOf(total: number): RunCost {
  return {
    exitCode: 0,
    wallSeconds: total / 2,
    cpuSeconds: { parts: total - 30, engine: 20, harness: 10, total, machine: total + 5 },
    peakMemory: { parts: 2_000_000_000, harness: 500_000_000 },
    parts: [{ rig: "gateway", part: "litellm", cpuSeconds: total - 30, peakMemory: 900_000_000 }],
    checks: [{ id: "CAT-02/catalogue-equals-upstreams", mcpRequests: 3, spawned: 2 }],
    spawned: [{ rig: "gateway", program: "postgres-mcp", count: 2 }],
  };
}

function reportOf(totals: readonly number[], busyBefore = 0): BenchReport {
  const runs = totals.map(runOf);
  const { wallSeconds, cpuSeconds, peakMemory } = runOf(50);
  return {
    schemaVersion: 1,
    measuredAt: "2026-01-01T00:00:00.000Z",
    deployment: "deployments/reference",
    machine: { processors: 2, memory: 1, busyBefore },
    floor: { wallSeconds, cpuSeconds, peakMemory },
    runs,
    ...summaryOf(runs),
  };
}

test("the median and the spread of several runs; one that is interrupted by others moves the median little", () => {
  const { median, spread } = reportOf([400, 390, 900]);
  expect(median.cpuSeconds.total).toBe(400);
  expect(spread.cpuSeconds).toBe(510);
  expect(reportOf([400, 390]).median.cpuSeconds.total).toBe(395);
});

test("bench.json matches the schema that is published with it", () => {
  const check = new Ajv2020({ strict: false, validateFormats: false }).compile(benchSchema());
  expect(check(JSON.parse(serializeBench(reportOf([400])))), JSON.stringify(check.errors)).toBe(true);
  expect(check({ ...reportOf([400]), runs: [] })).toBe(false);
});

test("the table compares a run with the floor, and names what costs most", () => {
  const text = benchText(reportOf([400]));
  expect(text).toMatch(/^1 run, median +a run +the floor$/m);
  expect(text).toMatch(/^CPU seconds: total +400\.0 +50\.0$/m);
  expect(text).toMatch(/^gateway litellm +370\.0 +900 MB$/m);
  expect(text).toMatch(/^CAT-02\/catalogue-equals-upstreams +3 +2\.0$/m);
  expect(text).toContain("LiteLLM started 2 processes in the first run: 2 postgres-mcp (gateway).");
  expect(text).toMatch(/^CPU seconds: rest of the machine +5\.0 +5\.0$/m);
  expect(text).not.toContain("not idle");
  expect(text).not.toContain("exit code");
  const failed = { ...reportOf([400]), runs: [{ ...runOf(400), exitCode: 1 }] };
  expect(benchText(failed)).toContain("Run 1 ended with exit code 1");
  expect(benchText(reportOf([400], 1.5))).toContain("its load average was 1.5");
});

test("the limit is one of CPU seconds", () => {
  expect(excessText(reportOf([400]).median, 400)).toBeUndefined();
  expect(excessText(reportOf([400]).median, 140)).toBe("400.0 CPU seconds, more than the 140 that are allowed");
});

test("the picture has the parts, the engine and the harness, the most expensive first", () => {
  const picture = benchPicture(reportOf([400]));
  expect(picture.table.rows).toEqual([
    ["gateway litellm", "370.0"],
    ["engine", "20.0"],
    ["harness", "10.0"],
  ]);
  expect(svgFile(picture)).toContain("<title");
  expect(benchPicture(reportOf([400, 390, 900])).table.rows[0]).toEqual(["gateway litellm", "370.0"]);
});

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "costs-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function evidence(id: string, name: string, content: object): void {
  const folder = join(directory, "evidence", id.replaceAll("/", "-"));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), JSON.stringify(content));
}

test("a started process counts for the checks that waited for an answer when it was seen", () => {
  const at = "2026-01-01T00:00:10.000Z";
  const time = Date.parse(at);
  const list = { body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' };
  const answer = { body: '{"jsonrpc":"2.0","id":1,"result":{}}' };
  evidence("CAT-01/list", "wire.json", [
    { at, request: list, response: { endAfter: 2_000 } },
    { at, request: answer, response: { endAfter: 90_000 } },
    { at, request: {}, response: { endAfter: 90_000 } },
  ]);
  evidence("PROMPT-01/turn", "commands.json", [{ at, milliseconds: 1_000 }]);
  const costs = checkCosts(
    directory,
    ["CAT-01/list", "PROMPT-01/turn", "ROUTE-01/none"],
    [{ seenAt: time + 500 }, { seenAt: time + 1_900 }, { seenAt: time + 60_000 }],
  );
  expect(costs).toEqual([
    { id: "CAT-01/list", mcpRequests: 1, spawned: 1.5 },
    { id: "PROMPT-01/turn", mcpRequests: 0, spawned: 0.5 },
  ]);
});
