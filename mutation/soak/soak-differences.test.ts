import { expect, test } from "vitest";
import { differences, type SoakRun } from "./soak-differences.ts";

const run = (outcomes: Record<string, string>, exitCode = 0): SoakRun => ({
  exitCode,
  checks: Object.entries(outcomes).map(([id, outcome]) => ({
    id,
    outcome,
    message: outcome === "failed" ? "why" : "",
  })),
});

test("a check with the same outcome in every run is not named, whatever the outcome is", () => {
  expect(differences([run({ a: "passed", b: "failed" }, 1), run({ a: "passed", b: "failed" }, 1)])).toEqual([]);
});

test("a check that fails in some runs is named with its message", () => {
  const lines = differences([run({ a: "passed" }), run({ a: "failed" }, 1), run({ a: "passed" })]);
  expect(lines).toEqual(["a: 2 × passed, 1 × failed\n  why", "exit codes: 2 × 0, 1 × 1"]);
});

test("a check that is missing in one run is named", () => {
  expect(differences([run({ a: "passed", b: "passed" }), run({ a: "passed" })])).toEqual([
    "b: 1 × passed, 1 × missing",
  ]);
});
