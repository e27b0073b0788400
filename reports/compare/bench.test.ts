import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serialize } from "../model/conformance-json.ts";
import type { ConformanceReport } from "../model/conformance-report.ts";
import { reportOf } from "../model/report-fixture.ts";
import { benchOf, benchText } from "./bench.ts";

function report(phases: Record<string, number>): ConformanceReport {
  const startedAt = "2026-01-01T00:00:00.000Z";
  return {
    ...reportOf({}, { finishedAt: "2026-01-01T00:01:00.000Z" }),
    phases: Object.entries(phases).map(([name, milliseconds]) => ({ name, startedAt, milliseconds, ok: true })),
  };
}

test("a run is related to its own floor", () => {
  const bench = benchOf(
    report({ "start the edge rig": 2_000, "floor: LiteLLM boot": 15_000, "floor: Codex turn": 5_000 }),
  );
  expect(bench).toMatchObject({ total: 60_000, floor: 20_000, ratio: 3 });
  expect(benchText(bench)).toMatch(
    /^floor: LiteLLM boot +15\.0 s {2}0\.75 × floor\n[\s\S]*\nthe whole run +1 min 0 s {2}3\.00 × floor$/,
  );
});

test("the command fails where the run took more floors than allowed, and where it had none", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const exitCode = (phases: Record<string, number>, ...args: string[]): number | null => {
      const file = join(folder, "conformance.json");
      writeFileSync(file, serialize(report(phases)));
      return spawnSync(process.execPath, ["cli/main.ts", "bench", file, ...args]).status;
    };
    expect(exitCode({ "floor: LiteLLM boot": 20_000 }, "--at-most", "3")).toBe(0);
    expect(exitCode({ "floor: LiteLLM boot": 19_000 }, "--at-most", "3")).toBe(1);
    expect(exitCode({ "floor: LiteLLM boot": 19_000 })).toBe(0);
    expect(exitCode({}, "--at-most", "3")).toBe(2);
    expect(exitCode({}, "--at-most", "much")).toBe(2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
