import { expect, test } from "vitest";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import { suiteOf } from "../../helpers/requirements/suites.ts";
import { type ConformanceReport, conformanceReport, serialize } from "./conformance-json.ts";
import { type CheckResult, requirementResults } from "./outcomes.ts";
import { soundRecord } from "./report-fixture.ts";

const finishedAt = "2026-01-01T00:01:00.000Z";

function check(name: string, file: string): CheckResult {
  return {
    name,
    file,
    requirements: ["ROUTE-01"],
    outcome: "passed",
    duration: 12.6,
    endedAt: 0,
    rigs: ["edge"],
    evidence: [],
    findings: [],
    message: undefined,
    errorName: undefined,
  };
}

function report(checks: readonly CheckResult[], run: typeof soundRecord | undefined = soundRecord): ConformanceReport {
  const requirements = requirementResults(loadRequirements(), checks);
  return conformanceReport(
    {
      run,
      finishedAt,
      verdict: "conformant",
      incomplete: undefined,
      environmentFailures: [],
      faults: [],
      staleGaps: [],
      requirements,
    },
    (id) => suiteOf(id).folder,
  );
}

test("the order in which checks end changes nothing", () => {
  const checks = [check("b", "suites/routes/a.spec.ts"), check("a", "suites/routes/b.spec.ts")];
  checks.push(check("a", "suites/routes/a.spec.ts"));
  const text = serialize(report(checks));
  expect(serialize(report(checks.toReversed()))).toBe(text);
  expect(serialize(report(checks))).toBe(text);
  const [first] = (JSON.parse(text) as ConformanceReport).requirements;
  expect(first?.checks.map(({ file, name }) => `${file} ${name}`)).toEqual([
    "suites/routes/a.spec.ts a",
    "suites/routes/a.spec.ts b",
    "suites/routes/b.spec.ts a",
  ]);
  expect(first?.checks[0]?.duration).toBe(13);
});

test("every requirement is there, its level as the registry says", () => {
  const { requirements, counts } = report([]);
  expect(requirements).toHaveLength(loadRequirements().size);
  expect(counts["not-tested"]).toBe(requirements.length);
  expect(requirements.find(({ id }) => id === "PROMPT-08")?.level).toBe("MUST where supported");
});

test("a run that ended before it began has a valid report", () => {
  expect(() => serialize(conformanceReportOfNothing())).not.toThrow();
});

test.each<[string, Partial<ConformanceReport>]>([
  ["a digest that is none", { deployment: { ...soundRecord.deployment, digest: "none" } }],
  ["a schema version of another time", { schemaVersion: 1 }],
  ["no requirement at all", { requirements: [] }],
  ["a date that is none", { run: { id: "r", startedAt: "today", finishedAt, arguments: [] } }],
])("%s is refused", (_, change) => {
  expect(() => serialize({ ...report([]), ...change })).toThrow("conformance.json would break its schema");
});

function conformanceReportOfNothing(): ConformanceReport {
  const requirements = requirementResults(loadRequirements(), []);
  return conformanceReport(
    {
      run: undefined,
      finishedAt,
      verdict: "not-conformant",
      incomplete: undefined,
      environmentFailures: [],
      faults: [],
      staleGaps: [],
      requirements,
    },
    (id) => suiteOf(id).folder,
  );
}
