import { describe, expect, test } from "vitest";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import type { CheckOutcome } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { ReportInput } from "../model/conformance-json.ts";
import { checkOf, failureOf, reportOfChecks } from "../model/report-fixture.ts";
import { statusDocument } from "./status-document.ts";

function status(checks: readonly CheckResult[], change: Partial<ReportInput> = {}): string {
  return statusDocument(reportOfChecks(checks, { finishedAt: "2026-01-02T00:00:00.000Z", ...change }));
}

function failed(requirement: string, details: FailureDetails, rest: Partial<CheckResult> = {}): CheckResult {
  return checkOf(requirement, "failed", { failure: failureOf(details), ...rest });
}

const fields = { expected: "a", actual: "b" };

test("the document says what the run proved, suite by suite, and what is left to do", () => {
  const location = { file: "compose.yaml", line: 12 };
  const text = status([
    checkOf("ROUTE-01", "passed", { findings: ["Both hosts answered."] }),
    failed(
      "ROUTE-03",
      { ...fields, summary: "/uix is public", cause: "a prefix.", location, fix: "write Path()" },
      { failureFolder: "failures/ROUTE-03-looks" },
    ),
    failed("ROUTE-07", { ...fields, summary: "bearer is refused" }),
    checkOf("CAT-17", "not-supported"),
  ]);
  expect(text).toContain("**Updated**: 2026-01-02");
  expect(text).toMatch(
    /- \*\*Traefik routing\*\*: 1 of \d+ requirements holds, by 3 checks; 2 do not hold \(ROUTE-03, ROUTE-07\); \d+ were not tested \(ROUTE-02, /,
  );
  expect(text).toMatch(/^ {2}- Both hosts answered\.$/m);
  expect(text).toMatch(
    /## Gaps\n- \*\*ROUTE-03\*\* \(failed\): .* Captured: `failures\/ROUTE-03-looks\/`\.\n\n {2}```\n {2}\/uix is public\n {4}expected: +a\n {4}actual: +b\n {4}likely cause: a prefix\.\n {4}look at: +compose\.yaml:12\n {4}fix: +write Path\(\)\n/,
  );
  expect(text).toMatch(/- \*\*CAT-17\*\* \(not supported\): .*\n\n {2}```\n {2}this version lacks it\n/);
  expect(text).toMatch(
    /1\. Fix ROUTE-03: .* Look at `compose\.yaml:12`\. Likely cause: a prefix\. Fix: write Path\(\)\.\n2\. Consider ROUTE-07: .*\n3\. Prove what this run did not test: ROUTE-02, /,
  );
});

test("the next step of a failure with several cases has the cause and the fix of the first case that has them", () => {
  const cases = [
    { ...fields, summary: "a" },
    { ...fields, summary: "b", cause: "a rule", fix: "change it" },
    { ...fields, summary: "c", cause: "no" },
  ];
  const text = status([failed("ROUTE-03", { ...fields, summary: "failed in 3 of 4 cases", cases })]);
  expect(text).toMatch(/1\. Fix ROUTE-03: .*\. Likely cause: a rule\. Fix: change it\.\n/);
});

test("the next step reads fields: a sentence that looks like one in a message means nothing", () => {
  const text = status([
    failed("ROUTE-03", { ...fields, summary: "not refused\n  likely cause: a quotation\n  look at: a.yaml:1" }),
  ]);
  expect(text).toMatch(/1\. Fix ROUTE-03: [^\n]*\n2\. /);
  expect(text).not.toMatch(/1\. Fix ROUTE-03: [^\n]*(Likely cause|Look at)/);
});

test("the environment section has the form of the document that was written by hand", () => {
  const text = status([checkOf("ROUTE-01", "passed")]);
  expect(text).toContain("- **Internal host**: `http://gateway.lan`");
  expect(text).toContain(
    "- **Config**: `litellm/config.yaml` registers the upstream MCP servers postgres (stdio, `postgres-mcp` 0.3.0)",
  );
  expect(text).toContain("- **Secrets**: `litellm.env` provides `LITELLM_MASTER_KEY`");
  expect(text).toContain("  - codex (`codex/config.toml`) → `http://gateway.lan/mcp/`");
});

describe("an open question is answered by what proves it", () => {
  const answer = (checks: readonly CheckResult[]): string =>
    /- \*\*Why does `\/mcp\/tools` only ping[\s\S]*?(?=\n- \*\*|$)/.exec(status(checks))?.[0] ?? "";
  const asked = ["CAT-07", "CAT-06", "CAT-02"];

  test("with its findings and its evidence where all of it holds", () => {
    const proof = { findings: ["It carries pings."], evidence: ["evidence/CAT/wire.json"] };
    expect(answer(asked.map((id) => checkOf(id, "passed", proof)))).toMatch(
      /\*\*Answered\.\*\* Nothing is missing.*\n {2}- CAT-07 passed: It carries pings\. Evidence: `evidence\/CAT\/wire\.json`\./,
    );
  });

  test.each<[CheckOutcome, RegExp, string]>([
    [
      "failed",
      /\*\*Problem found\.\*\* The stream or .* See CAT-06\./,
      "CAT-06 failed: no stream; likely cause: a wrong path.",
    ],
    [
      "known-gap",
      /\*\*Not yet\.\*\* .* Known gaps: CAT-06\./,
      "CAT-06 known gap: a defect of this version (https://example.org/1, until 2999-12-31); likely cause: a wrong path.",
    ],
    ["not-supported", /\*\*Not with these versions\*\*: CAT-06\./, "CAT-06 not supported: this version lacks it."],
    ["not-tested", /\*\*So far\*\*: Nothing is missing.* Still open: CAT-06\./, ""],
  ])("where one of it is %s", (outcome, verdict, proof) => {
    const failure = failureOf({ ...fields, summary: "no stream", cause: "a wrong path" });
    const own = outcome === "failed" || outcome === "known-gap" ? { failure } : {};
    const text = answer(asked.map((id) => (id === "CAT-06" ? checkOf(id, outcome, own) : checkOf(id, "passed"))));
    expect(text).toMatch(verdict);
    expect(text).toContain(proof);
  });

  test("with nothing where none of it was tested", () => {
    expect(answer([])).toMatch(/Not answered by this run: it did not test CAT-07, CAT-06, CAT-02\.$/m);
  });

  test("and names only requirements that exist", () => {
    const text = status([]);
    const open = text.slice(text.indexOf("## Open Questions"));
    const ids = new Set(open.match(/\b[A-Z]+-\d{2}\b/g));
    expect(ids.size).toBeGreaterThan(20);
    for (const id of ids) expect([...loadRequirements().keys()]).toContain(id);
  });
});

test("where everything was proved there is no gap and no next step", () => {
  const text = status([...loadRequirements().keys()].map((id) => checkOf(id, "passed")));
  expect(text).not.toContain("## Gaps");
  expect(text).toMatch(/## Immediate Next Steps\nNone\.\n\n/);
});

test("a failed environment is the first thing to fix", () => {
  const failure = { part: "litellm", message: "litellm did not start", log: [] };
  expect(status([], { verdict: "environment-failed", environmentFailures: [failure] })).toContain(
    "1. Fix the environment and run again: litellm did not start",
  );
});

test("a fault of the suite itself is named: nothing else says why the run is not conformant", () => {
  const faults = ["a.spec.ts did not load: x"];
  expect(status([checkOf("ROUTE-01", "passed")], { verdict: "not-conformant", faults })).toContain(
    "1. Fix the suite itself: a.spec.ts did not load: x",
  );
});

test("a long failure is cut, so that the document stays readable", () => {
  const lines = ["first", "x".repeat(5_000), ...Array.from({ length: 500 }, (_, index) => `case ${index}`)];
  const text = status([failed("ROUTE-01", { ...fields, summary: lines.join("\n") })]);
  expect(text).toContain(`  first\n  ${"x".repeat(300)} …\n  case 0\n`);
  expect(text).toContain("  … 480 more lines in conformance.json\n  ```");
  expect(text.length).toBeLessThan(6_000);
});
