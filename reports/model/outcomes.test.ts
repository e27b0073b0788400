import { describe, expect, test } from "vitest";
import type { Requirement, RequirementId } from "../../helpers/requirements/requirements.ts";
import { type CheckResult, countOutcomes, type Outcome, requirementResults, verdictOf } from "./outcomes.ts";
import { checkOf } from "./report-fixture.ts";

const registry = new Map(
  (["ROUTE-01", "ROUTE-02"] as const).map((id): [RequirementId, Requirement] => [
    id,
    { id, level: "MUST", whereSupported: false, statement: "S", source: "x" },
  ]),
);

function check(outcome: Outcome, requirements: string[] = ["ROUTE-01"], errorName?: string): CheckResult {
  return checkOf("ROUTE-01", outcome, { name: outcome, requirements, errorName });
}

describe("a requirement's outcome", () => {
  test.each<[Outcome, Outcome[]]>([
    ["not-tested", []],
    ["not-tested", ["not-tested"]],
    ["passed", ["passed", "not-tested"]],
    ["passed", ["not-supported", "passed"]],
    ["not-supported", ["not-supported", "not-supported"]],
    ["not-supported", ["not-supported", "not-tested"]],
    ["known-gap", ["passed", "known-gap", "not-supported"]],
    ["failed", ["passed", "known-gap", "failed"]],
  ])("is %s where its checks are %j", (outcome, checks) => {
    const results = requirementResults(
      registry,
      checks.map((one) => check(one)),
    );
    expect(results.map((result) => result.outcome)).toEqual([outcome, "not-tested"]);
    expect(results[0]?.checks).toHaveLength(checks.length);
  });

  test("a check counts for each requirement that it names", () => {
    const results = requirementResults(registry, [check("failed", ["ROUTE-01", "ROUTE-02"])]);
    expect(countOutcomes(results)).toEqual({
      passed: 0,
      failed: 2,
      "known-gap": 0,
      "not-supported": 0,
      "not-tested": 0,
    });
  });
});

describe("a run's verdict", () => {
  const sound = { environment: false, own: [] };

  test("needs a check that ran, and none that failed", () => {
    expect(verdictOf([check("passed")], sound)).toBe("conformant");
    expect(verdictOf([check("passed"), check("known-gap")], sound)).toBe("conformant");
    expect(verdictOf([check("passed"), check("failed")], sound)).toBe("not-conformant");
    expect(verdictOf([], sound)).toBe("not-conformant");
    expect(verdictOf([check("not-tested")], sound)).toBe("not-conformant");
  });

  test("is spoilt by a fault of the suite's own", () => {
    expect(verdictOf([check("passed")], { environment: false, own: ["broken"] })).toBe("not-conformant");
  });

  test("judges nobody where the environment failed", () => {
    expect(verdictOf([check("failed")], { environment: true, own: ["broken"] })).toBe("environment-failed");
  });
});
