import { expect, test } from "vitest";
import { loadRequirements, suiteOf } from "../helpers/requirements.ts";
import type { RunRecord } from "../helpers/run-record.ts";
import { conformanceReport } from "./conformance-json.ts";
import { type CheckResult, type Outcome, requirementResults, type Verdict } from "./outcomes.ts";
import { soundRecord } from "./report-fixture.ts";
import { statusDocument } from "./status-document.ts";

function check(id: string, outcome: Outcome, rest: Partial<CheckResult> = {}): CheckResult {
  return {
    name: "holds",
    file: "suites/routes/some.spec.ts",
    requirements: [id],
    outcome,
    duration: 1,
    endedAt: 0,
    rigs: [],
    evidence: [],
    findings: [],
    message: undefined,
    errorName: undefined,
    ...rest,
  };
}

function status(
  checks: readonly CheckResult[],
  verdict: Verdict,
  change: Partial<RunRecord> = {},
  faults: readonly string[] = [],
): string {
  const requirements = requirementResults(loadRequirements(), checks);
  const run = { ...soundRecord, ...change };
  const finishedAt = "2026-01-02T00:00:00.000Z";
  return statusDocument(
    conformanceReport(
      {
        run,
        finishedAt,
        verdict,
        incomplete: undefined,
        environmentFailures: run.environmentFailures,
        faults,
        staleGaps: [],
        requirements,
      },
      suiteOf,
    ),
  );
}

test("the document tells what the run proved, suite by suite, and what is left to do", () => {
  const text = status(
    [
      check("ROUTE-01", "passed", { findings: ["Both hosts answered."] }),
      check("ROUTE-03", "failed", { message: "/uix is public\n  look at:      compose.yaml:12" }),
      check("ROUTE-07", "failed", { message: "bearer is refused" }),
      check("CAT-17", "not-supported"),
    ],
    "not-conformant",
  );
  expect(text).toContain("**Updated**: 2026-01-02");
  expect(text).toContain("**Result**: not-conformant");
  expect(text).toContain(
    "- **Traefik routing**: of 18 requirements 1 passed, 2 failed, 15 not tested.\n  - Both hosts answered.",
  );
  expect(text).toContain("- **MCP catalogue and streams**: of 22 requirements 1 not supported, 21 not tested.");
  expect(text).toMatch(
    /- \*\*ROUTE-03\*\* \(failed\): .*\n\n {2}```\n {2}\/uix is public\n {4}look at: +compose\.yaml:12/,
  );
  expect(text).toMatch(/1\. Mend ROUTE-03: .*\n2\. Consider ROUTE-07: .*\n3\. Prove what this run did not: ROUTE-02, /);
});

test("where all was proved there is no gap and no next step", () => {
  const text = status(
    [...loadRequirements().keys()].map((id) => check(id, "passed")),
    "conformant",
  );
  expect(text).not.toContain("## Gaps");
  expect(text).toMatch(/## Immediate Next Steps\nNone\.\n$/);
});

test("a failed environment is the first thing to mend", () => {
  const failure = { part: "litellm", message: "litellm did not start", log: [] };
  expect(status([], "environment-failed", { environmentFailures: [failure] })).toContain(
    "1. Mend the environment and run again: litellm did not start",
  );
});

test("a fault of the suite itself is named, for nothing else says why the run is not conformant", () => {
  expect(status([check("ROUTE-01", "passed")], "not-conformant", {}, ["a.spec.ts did not load: x"])).toContain(
    "1. Mend the suite itself: a.spec.ts did not load: x",
  );
});

test("a failure of many words is cut, so that the document stays readable", () => {
  const message = ["first", "x".repeat(5_000), ...Array.from({ length: 500 }, (_, index) => `case ${index}`)].join(
    "\n",
  );
  const text = status([check("ROUTE-01", "failed", { message })], "not-conformant");
  expect(text).toContain(`  first\n  ${"x".repeat(300)} …\n  case 0\n`);
  expect(text).toContain("  … 478 more lines in conformance.json\n  ```");
  expect(text.length).toBeLessThan(5_000);
});
