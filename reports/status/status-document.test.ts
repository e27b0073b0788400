import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import type { CheckOutcome } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { ReportInput } from "../model/conformance-json.ts";
import { checkOf, failureOf, reportOfChecks, soundRecord } from "../model/report-fixture.ts";
import { answersTo, type OpenQuestion, readOpenQuestions } from "./open-questions.ts";
import { statusDocument } from "./status-document.ts";

function status(checks: readonly CheckResult[], change: Partial<ReportInput> = {}): string {
  return statusDocument(reportOfChecks(checks, { finishedAt: "2026-01-02T00:00:00.000Z", ...change }));
}

function failed(requirement: string, details: FailureDetails, rest: Partial<CheckResult> = {}): CheckResult {
  return checkOf(requirement, "failed", { failure: failureOf(details), ...rest });
}

const fields = { expected: "a", actual: "b" };

/** The rows of a section's table, cell by cell. */
function rows(text: string, section: string): string[][] {
  const part = text.split(`## ${section}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = part.split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
}

test("the first lines are the verdict by level, and what a scripted model leaves unproved", () => {
  const lines = status([checkOf("ROUTE-01", "failed"), checkOf("ROUTE-02", "passed")]).split("\n");
  expect(lines[0]).toBe("# NOT CONFORMANT: deployments/reference");
  expect(lines[2]).toMatch(/^\*\*1 of \d+ MUST hold \(1 failed, \d+ not tested\)\. 0 of \d+ SHOULD hold/);
  expect(lines[3]).toContain("The model is scripted");
});

test("each MCP client at the login is a row: how far it gets, and how far it should", () => {
  const cell = { row: "Codex 1", cases: 1 };
  const cells = [
    { ...cell, column: "registers itself", expected: ["tools/list"], found: ['token; shows "401"'], failed: 1 },
    { ...cell, column: "as mcp-client", expected: ["tools/list"], found: ["tools/list"], failed: 0 },
  ];
  const text = status([checkOf("AUTH-04", "passed", { comparisons: [{ subject: "logins", cells }] })]);
  expect(rows(text, "MCP clients at the login")).toEqual([
    ["Codex 1", "as mcp-client", "tools/list", "yes"],
    ["Codex 1", "registers itself", 'token; shows "401"', "no: at a correct gateway it reaches tools/list"],
  ]);
  expect(status([checkOf("AUTH-04", "passed")])).not.toContain("MCP clients at the login");
});

test("a failure of the deployment is a row: what, where, what to do, and what it left", () => {
  const location = { file: "compose.yaml", line: 12 };
  const details = {
    ...fields,
    summary: "/uix | is public\nand more",
    cause: "a prefix",
    location,
    fix: "write Path()",
  };
  const text = status([failed("ROUTE-03", details, { failureFolder: "failures/ROUTE-03-looks" })]);
  expect(rows(text, "Fix first: yours")).toEqual([
    [
      "1",
      "ROUTE-03 MUST",
      "/uix \\| is public",
      "`compose.yaml:12`",
      "write Path()",
      "[failure](failures/ROUTE-03-looks/failure.txt) [script](failures/ROUTE-03-looks/repro.sh)",
    ],
  ]);
});

test("of several cases, the first is shown, with the cause of the first that has one", () => {
  const cases = [
    { ...fields, summary: "a gets through" },
    { ...fields, summary: "b gets through", cause: "a rule" },
  ];
  const text = status([failed("ROUTE-03", { ...fields, summary: "failed in 2 of 4 cases", cases })]);
  expect(rows(text, "Fix first: yours")).toMatchObject([
    ["1", "ROUTE-03 MUST", "a gets through; and 1 more case", "", "likely cause: a rule", ""],
  ]);
});

test("the order is by harm: a readable secret, then access, then clients, then the rest; MUST before SHOULD", () => {
  const ids = ["ROUTE-01", "ROUTE-07", "ROUTE-16", "ROUTE-03", "INJ-03"];
  const text = status(ids.map((id) => checkOf(id, "failed")));
  expect(rows(text, "Fix first: yours").map(([, id]) => id?.split(" ")[0])).toEqual([
    "INJ-03",
    "ROUTE-03",
    "ROUTE-16",
    "ROUTE-01",
    "ROUTE-07",
  ]);
});

test("a defect of a version is not the operator's, and every check of a requirement has its own row", () => {
  const knownDefect = {
    part: "litellm",
    versions: "<2",
    reason: "one page only",
    link: "https://github.com/a/b/issues/1",
  };
  const text = status(
    ["CAT-02/one", "CAT-02/two", "CAT-02/three"].map((id) => checkOf("CAT-02", "failed", { id, knownDefect })),
  );
  expect(text).not.toContain("Fix first: yours");
  expect(rows(text, "Fix first: LiteLLM's").map(([id]) => id)).toEqual(["CAT-02/one", "CAT-02/three", "CAT-02/two"]);
});

test("each known gap has a row, with its link, date and part; what is not supported has its reason", () => {
  const text = status([
    checkOf("CAT-02", "known-gap"),
    checkOf("CAT-02", "known-gap", { id: "CAT-02/other" }),
    checkOf("CAT-17", "not-supported"),
  ]);
  expect(rows(text, "Known gaps")).toEqual(
    ["CAT-02/holds", "CAT-02/other"].map((id) => [
      id,
      "a defect of this version",
      "litellm <2",
      "[https://example.org/1](https://example.org/1)",
      "2999-12-31",
    ]),
  );
  expect(rows(text, "Not supported")).toEqual([["this version lacks it", "CAT-17/holds"]]);
});

test("what was proved names suites and findings of checks that passed", () => {
  const findings = ["One.", "Two.", "Three.", "Four.", "Five.", "Six."];
  const text = status([
    checkOf("ROUTE-01", "passed", { findings }),
    checkOf("ROUTE-02", "failed", { findings: ["No."] }),
  ]);
  expect(text).toMatch(/- \*\*Traefik routing\*\*: 1 of \d+ requirements hold, by 2 checks\.\n {2}- Five\./);
  expect(text).toContain("  - and 1 more findings: see the [first page](index.html#proved).");
  expect(text).not.toContain("  - No.");
});

test("what was tested is folded, at the end", () => {
  const [, folded = ""] = status([checkOf("ROUTE-01", "passed")]).split("<details>");
  expect(folded).toContain("- **Internal host**: `http://gateway.lan`");
  expect(folded).toContain("servers postgres (stdio, `postgres-mcp` 0.3.0)");
  expect(folded).toContain("- **Client codex**: `codex/config.toml` → `http://gateway.lan/mcp/`");
});

test("a conformant run has nothing to fix", () => {
  const text = status([...loadRequirements().keys()].map((id) => checkOf(id, "passed")));
  expect(text).toMatch(/^# CONFORMANT/);
  expect(text).not.toMatch(/Fix first|Known gaps|First of all/);
});

test.each<[string, Partial<ReportInput>, string]>([
  [
    "a failed environment",
    {
      verdict: "environment-failed",
      environmentFailures: [{ part: "litellm", message: "litellm did not start", log: [] }],
    },
    "- Fix the environment and run again: litellm did not start",
  ],
  [
    "a fault of the suite",
    { faults: ["a.spec.ts did not load: x"] },
    "- Fix the suite itself: a.spec.ts did not load: x",
  ],
])("%s is the first thing that the document names", (_, change, line) => {
  expect(status([], change)).toContain(`## First of all\n${line}\n`);
});

describe("an open question is answered from the checks that concern it", () => {
  const question: OpenQuestion = {
    question: "Does it?",
    checks: ["CAT-07", "CAT-02/one"],
    holds: "Yes.",
    fails: "No.",
  };
  const answer = (checks: readonly CheckResult[]) => answersTo([question], reportOfChecks(checks))[0];

  test("and from no others", () => {
    const checks = [
      checkOf("CAT-07", "passed"),
      checkOf("CAT-02", "passed", { id: "CAT-02/one" }),
      checkOf("CAT-02", "failed"),
    ];
    expect(answer(checks)).toMatchObject({ answer: "Yes.", because: [{ id: "CAT-02/one" }, { id: "CAT-07/holds" }] });
  });

  test.each<[CheckOutcome, string]>([
    ["failed", "**Problem found.** No."],
    ["known-gap", "**Known gap.** No."],
    ["not-tested", "**Not answered by this run.**"],
  ])("where one of them is %s, that one decides", (outcome, text) => {
    const one = answer([checkOf("CAT-07", outcome), checkOf("CAT-02", "passed", { id: "CAT-02/one" })]);
    expect(one?.answer).toBe(text);
    expect(one?.because.map(({ id }) => id)).toEqual(["CAT-07/holds"]);
  });

  test("where none was tried, there is no answer", () => {
    expect(answer([])?.answer).toBe("**Not answered by this run.**");
  });
});

test("only a deployment that has questions gets answers; those of as-found name requirements that exist", () => {
  const deployments = join(import.meta.dirname, "..", "..", "deployments");
  expect(readOpenQuestions(join(deployments, "reference"))).toEqual([]);
  const questions = readOpenQuestions(join(deployments, "as-found"));
  expect(questions.length).toBeGreaterThan(5);
  for (const { checks } of questions)
    for (const id of checks) expect([...loadRequirements().keys()]).toContain(id.split("/")[0]);
});

test.each([
  ["litellm/config.yaml", "`litellm/config.yaml` registers no MCP server"],
  ["no file of the deployment; models may", "no file of the deployment; models may"],
])("the config %s without servers", (config, expected) => {
  const text = status([], {
    run: { ...soundRecord, deployment: { ...soundRecord.deployment, config, upstreams: [] } },
  });
  expect(text).toContain(`- **Config**: ${expected}\n`);
});

test("the notes begin with what the operator has to fix", () => {
  const notes = (["change", "not-proved", "finding"] as const).map((kind) => ({
    kind,
    file: "compose.yaml",
    what: kind,
    why: "why",
  }));
  const text = status([], { run: { ...soundRecord, deployment: { ...soundRecord.deployment, notes } } });
  expect(text.match(/^- (?:finding|not proved|change): /gm)).toEqual(["- finding: ", "- not proved: ", "- change: "]);
});
