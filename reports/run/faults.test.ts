import { expect, test } from "vitest";
import type { CheckResult } from "../model/check-result.ts";
import type { CollectedFile } from "./collect.ts";
import { suiteFaults } from "./faults.ts";

/** No folder of a run. */
const directory = "/nowhere";

const check = (changed: Partial<CheckResult>): CheckResult => ({
  id: "ROUTE-01/slow",
  title: "it is slow",
  requirements: ["ROUTE-01"],
  needs: [],
  rigs: [],
  outcome: "passed",
  duration: 1,
  findings: [],
  comparisons: [],
  evidence: [],
  file: "suites/routes/slow.spec.ts",
  endedAt: 1,
  ...changed,
});

test("the folder of a failure that a repetition has removed is not missed", () => {
  const first = check({ outcome: "failed", failureFolder: "failures/slow", repeats: "slow-answers" });
  const file: CollectedFile = {
    file: first.file,
    checks: [first],
    broken: [],
    withoutRecord: [],
    failed: true,
    hasFailedTest: true,
  };
  const sources = { files: [file], unhandled: [], run: undefined };
  const missing = [expect.stringContaining("run.json is missing")];
  expect(suiteFaults({ ...sources, checks: [check({})] }, directory)).toEqual(missing);
  expect(suiteFaults({ ...sources, checks: [first] }, directory)).toEqual([
    ...missing,
    "ROUTE-01/slow: the folder of its failure is missing: failures/slow",
  ]);
});
