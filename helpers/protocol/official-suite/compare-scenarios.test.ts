import { expect, test } from "vitest";
import { compareScenarios } from "./compare-scenarios.ts";
import type { ScenarioCheck, ScenarioResults } from "./run-scenarios.ts";

const check = (status: ScenarioCheck["status"], errorMessage?: string): ScenarioCheck => ({
  id: "one",
  description: "it works",
  status,
  ...(errorMessage === undefined ? {} : { errorMessage }),
});
const results = (entries: Record<string, ScenarioCheck[]>): ScenarioResults => new Map(Object.entries(entries));

test("a scenario that fails through the gateway only is lost, with what it reported", () => {
  const direct = results({ "tools-list": [check("SUCCESS")], "prompts-list": [check("SUCCESS")] });
  const through = results({ "tools-list": [check("SUCCESS")], "prompts-list": [check("FAILURE", "no prompts")] });
  expect(compareScenarios(direct, through)).toEqual([
    { scenario: "tools-list", failures: [], warnings: [] },
    { scenario: "prompts-list", failures: ["one: no prompts"], warnings: [] },
  ]);
});

test("what fails directly, or is not judged there, is not compared", () => {
  const direct = results({ a: [check("FAILURE")], b: [check("INFO")], c: [check("SUCCESS"), check("FAILURE")] });
  expect(compareScenarios(direct, results({}))).toEqual([]);
});

test("a scenario without a result has not ended in time; a new warning is kept apart", () => {
  const direct = results({ a: [check("SUCCESS")], b: [check("SUCCESS")] });
  expect(compareScenarios(direct, results({ b: [check("WARNING", "late")] }))).toEqual([
    { scenario: "a", failures: ["it did not end in time"], warnings: [] },
    { scenario: "b", failures: [], warnings: ["one: late"] },
  ]);
});
