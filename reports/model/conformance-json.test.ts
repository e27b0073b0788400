import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import type { CheckResult } from "./check-result.ts";
import { serialize } from "./conformance-json.ts";
import type { ConformanceReport, ReportedCheck } from "./conformance-report.ts";
import { checkOf, failureOf, reportOfChecks, soundRecord } from "./report-fixture.ts";

const parsed = (checks: readonly CheckResult[]): ConformanceReport =>
  JSON.parse(serialize(reportOfChecks(checks))) as ConformanceReport;

/** The one check of a report, as a reader gets it. */
function reported(check: CheckResult): ReportedCheck | undefined {
  return parsed([check]).requirements.flatMap(({ checks }) => checks)[0];
}

test("the order in which checks end changes nothing", () => {
  const of = (id: string, file: string): CheckResult => checkOf("ROUTE-01", "passed", { id, file, duration: 12.6 });
  const checks = [
    of("ROUTE-01/b", "suites/routes/a.spec.ts"),
    of("ROUTE-01/c", "suites/routes/b.spec.ts"),
    of("ROUTE-01/a", "suites/routes/a.spec.ts"),
  ];
  const text = serialize(reportOfChecks(checks));
  expect(serialize(reportOfChecks(checks.toReversed()))).toBe(text);
  const [first] = parsed(checks).requirements;
  expect(first?.checks.map(({ id }) => id)).toEqual(["ROUTE-01/a", "ROUTE-01/b", "ROUTE-01/c"]);
  expect(first?.checks[0]?.duration).toBe(13);
});

test("every requirement is in the report, with its level", () => {
  const { requirements, counts } = parsed([]);
  expect(requirements).toHaveLength(loadRequirements().size);
  expect(counts["not-tested"]).toBe(requirements.length);
  expect(requirements.find(({ id }) => id === "PROMPT-08")?.level).toBe("MUST where supported");
});

test("a run that ended before it began has a valid report", () => {
  expect(() => serialize(reportOfChecks([], { run: undefined, verdict: "not-conformant" }))).not.toThrow();
});

describe("a check", () => {
  test("that failed has its failure field by field, each case too, with paths as an operator would type them", () => {
    const details: FailureDetails = {
      summary: "a path gets through",
      code: "reached",
      expected: "401 from Traefik",
      actual: "200 from LiteLLM",
      cause: "a prefix",
      location: { file: resolve("deployments/d/compose.yaml"), line: 12 },
      fix: "write Path()",
      evidence: { sent: "GET /x", received: "200", exchanges: ["id-1"] },
    };
    const cases = [
      { ...details, case: "gateway.lan/x" },
      { summary: "no other field", expected: "a", actual: "b" },
    ];
    const check = checkOf("ROUTE-01", "failed", {
      failure: failureOf({ ...details, cases }),
      failureFolder: "failures/ROUTE-01-holds",
      requirements: ["ROUTE-01"],
    });
    const own = {
      summary: "a path gets through",
      code: "reached",
      expected: "401 from Traefik",
      actual: "200 from LiteLLM",
      cause: "a prefix",
      location: { file: "deployments/d/compose.yaml", line: 12 },
      fix: "write Path()",
      sent: "GET /x",
      received: "200",
    };
    const none = Object.fromEntries(Object.keys({ ...own, follows: null }).map((key) => [key, null]));
    expect(reported(check)).toEqual({
      id: "ROUTE-01/holds",
      title: "it holds",
      file: "suites/routes/some.spec.ts",
      outcome: "failed",
      endedAt: null,
      duration: 1,
      requirements: ["ROUTE-01"],
      needs: ["edge"],
      reason: null,
      failure: {
        ...own,
        follows: null,
        message: expect.stringMatching(/^a path gets through\n {2}sent: +GET \/x\n/),
        case: null,
        cases: [
          { ...own, follows: null, case: "gateway.lan/x", cases: [] },
          { ...none, summary: "no other field", expected: "a", actual: "b", case: null, cases: [] },
        ],
      },
      gap: null,
      knownDefect: null,
      ownFault: null,
      evidence: [],
      failureFolder: "failures/ROUTE-01-holds",
      findings: [],
      comparisons: [],
    });
  });

  test("that is a known gap has the gap and its failure", () => {
    const gap = { reason: "a defect of this version", link: "https://example.org/1", until: "2999-12-31" };
    expect(reported(checkOf("ROUTE-01", "known-gap"))).toMatchObject({
      outcome: "known-gap",
      reason: gap.reason,
      gap,
      failure: {
        summary: "it does not hold",
        expected: "it holds",
        actual: "it does not",
        message: "it does not hold\n  expected:     it holds\n  actual:       it does not",
      },
    });
  });

  test("that broke has its own fault, and no failure", () => {
    const { failure: _, ...check } = checkOf("ROUTE-01", "failed", {
      ownFault: { name: "TypeError", message: "no property", stack: "at …" },
    });
    expect(reported(check)).toMatchObject({
      failure: null,
      ownFault: { name: "TypeError", message: "no property" },
    });
  });

  test("that is not supported has a reason", () => {
    expect(reported(checkOf("ROUTE-01", "not-supported"))).toMatchObject({ reason: "this version lacks it" });
  });
});

test.each<[string, Partial<ConformanceReport>]>([
  ["an invalid digest", { deployment: { ...soundRecord.deployment, digest: "none" } }],
  ["another schema version", { schemaVersion: 2 }],
  ["no requirement", { requirements: [] }],
  ["an invalid date", { run: { id: "r", startedAt: "today", finishedAt: soundRecord.startedAt, arguments: [] } }],
])("a report with %s is refused", (_, change) => {
  expect(() => serialize({ ...reportOfChecks([]), ...change })).toThrow("conformance.json would not match its schema");
});

test("a failure with an unknown field is refused, in a case too", () => {
  const cases = [{ summary: "a", expected: "a", actual: "b" }];
  const report = reportOfChecks([
    checkOf("ROUTE-01", "failed", { failure: failureOf({ summary: "s", expected: "a", actual: "b", cases }) }),
  ]);
  const failure = report.requirements[0]?.checks[0]?.failure;
  for (const object of [failure, failure?.cases[0]]) {
    expect(() => serialize(report)).not.toThrow();
    Object.assign(object ?? {}, { unknown: "x" });
    expect(() => serialize(report)).toThrow("must NOT have unevaluated properties");
    Reflect.deleteProperty(object ?? {}, "unknown");
  }
});
