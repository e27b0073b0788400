import { describe, expect, test } from "vitest";
import type { Requirement, RequirementId } from "../../helpers/requirements/requirements.ts";
import type { CheckOutcome } from "../../helpers/run/run-record.ts";
import { countOutcomes, requirementResults, verdictOf } from "./outcomes.ts";
import { checkOf } from "./report-fixture.ts";

const requirements = new Map(
  (["ROUTE-01", "ROUTE-02"] as const).map((id): [RequirementId, Requirement] => [
    id,
    { id, level: "MUST", harm: "function", whereSupported: false, statement: "S", source: "x" },
  ]),
);

describe("a requirement's outcome", () => {
  test.each<[CheckOutcome, CheckOutcome[]]>([
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
      requirements,
      checks.map((one) => checkOf("ROUTE-01", one)),
    );
    expect(results.map((result) => result.outcome)).toEqual([outcome, "not-tested"]);
    expect(results[0]?.checks).toHaveLength(checks.length);
  });

  test("follows from each check that names it", () => {
    const check = checkOf("ROUTE-01", "failed", { requirements: ["ROUTE-01", "ROUTE-02"] });
    expect(countOutcomes(requirementResults(requirements, [check]))).toEqual({
      passed: 0,
      failed: 2,
      "known-gap": 0,
      "not-supported": 0,
      "not-tested": 0,
    });
  });
});

describe("a run's verdict", () => {
  const none = { environment: false, suite: false };
  const checks = (...outcomes: CheckOutcome[]) => outcomes.map((outcome) => checkOf("ROUTE-01", outcome));

  test("is conformant when a check ran and none failed", () => {
    expect(verdictOf(checks("passed"), none)).toBe("conformant");
    expect(verdictOf(checks("passed", "known-gap"), none)).toBe("conformant");
    expect(verdictOf(checks("passed", "failed"), none)).toBe("not-conformant");
    expect(verdictOf([], none)).toBe("not-conformant");
    expect(verdictOf(checks("not-tested"), none)).toBe("not-conformant");
  });

  test("is none when the command line selects no check", () => {
    expect(verdictOf([], none, true)).toBe("nothing-selected");
    expect(verdictOf(checks("not-tested"), none, true)).toBe("nothing-selected");
    expect(verdictOf(checks("passed"), none, true)).toBe("conformant");
    expect(verdictOf([], { environment: false, suite: true }, true)).toBe("not-conformant");
  });

  test("is not conformant when the suite itself is at fault", () => {
    expect(verdictOf(checks("passed"), { environment: false, suite: true })).toBe("not-conformant");
  });

  test("is none on the gateway when the environment failed", () => {
    expect(verdictOf(checks("failed"), { environment: true, suite: true })).toBe("environment-failed");
  });
});
