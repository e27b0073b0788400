import { describe, expect, test } from "vitest";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import { suiteOf } from "../../helpers/requirements/suites.ts";
import type { RunRecord } from "../../helpers/run/run-record.ts";
import { conformanceReport } from "../model/conformance-json.ts";
import { type CheckResult, type Outcome, requirementResults, type Verdict } from "../model/outcomes.ts";
import { checkOf, soundRecord } from "../model/report-fixture.ts";
import { statusDocument } from "./status-document.ts";

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
      (id) => suiteOf(id).folder,
    ),
  );
}

test("the document tells what the run proved, suite by suite, and what is left to do", () => {
  const text = status(
    [
      checkOf("ROUTE-01", "passed", { findings: ["Both hosts answered."] }),
      checkOf("ROUTE-03", "failed", {
        message: "/uix is public\n  likely cause: a prefix\n  look at:      compose.yaml:12",
        name: "looks",
        location: { file: "compose.yaml", line: 12 },
        failure: "failures/ROUTE-03-looks",
      }),
      checkOf("ROUTE-07", "failed", { message: "bearer is refused", name: "case" }),
      checkOf("CAT-17", "not-supported"),
    ],
    "not-conformant",
  );
  expect(text).toContain("**Updated**: 2026-01-02");
  expect(text).toContain("**Result**: not-conformant");
  expect(text).toContain(
    "- **Traefik routing**: 1 of 20 requirements holds, by 3 checks; 2 do not hold (ROUTE-03, ROUTE-07); 17 were not tried",
  );
  expect(text).toMatch(/\*\*Traefik routing\*\*.*\n {2}- Both hosts answered\.\n/);
  expect(text).toMatch(/\*\*MCP catalogue and streams\*\*: 0 of .*; 1 needs another version \(CAT-17\); /);
  expect(text).toMatch(
    /- \*\*ROUTE-03\*\* \(failed\): .* Captured: `failures\/ROUTE-03-looks\/`\.\n\n {2}```\n {2}\/uix is public\n/,
  );
  expect(text).toMatch(
    /1\. Mend ROUTE-03: .* Look at `compose\.yaml:12`\. Likely cause: a prefix\.\n2\. Consider ROUTE-07: .*\n3\. Prove what this run did not: ROUTE-02, /,
  );
});

test("the environment is introduced as in the document that was kept by hand", () => {
  const text = status([checkOf("ROUTE-01", "passed")], "conformant");
  expect(text).toContain("- **Internal host**: `http://gateway.lan`");
  expect(text).toContain(
    "- **Config**: `litellm/config.yaml` registers the upstream MCP servers postgres (stdio, `postgres-mcp` 0.3.0)",
  );
  expect(text).toContain("- **Secrets**: `litellm.env` provides `LITELLM_MASTER_KEY`");
  expect(text).toContain("  - codex (`codex/config.toml`) → `http://gateway.lan/mcp/`");
});

describe("an open question is answered by what proves it", () => {
  const answer = (checks: readonly CheckResult[]): string => {
    const text = status(checks, "conformant");
    return /- \*\*Why does `\/mcp\/tools` only ping[\s\S]*?(?=\n- \*\*|$)/.exec(text)?.[0] ?? "";
  };
  const asked = ["CAT-07", "CAT-06", "CAT-02"];

  test("where all of it holds, with its findings and its evidence", () => {
    const told = { findings: ["It carries pings."], evidence: ["evidence/CAT/wire.json"] };
    expect(answer(asked.map((id) => checkOf(id, "passed", told)))).toMatch(
      /\*\*Answered\.\*\* Nothing is missing.*\n {2}- CAT-07 passed: It carries pings\. Evidence: `evidence\/CAT\/wire\.json`\./,
    );
  });

  test.each<[Outcome, RegExp]>([
    ["failed", /\*\*Found wanting\.\*\* The stream and .* See CAT-06\./],
    ["known-gap", /\*\*Not yet\.\*\* .* Known: CAT-06\./],
    ["not-supported", /\*\*Not with these versions\*\*: CAT-06\./],
    ["not-tested", /\*\*So far\*\*: Nothing is missing.* Still open: CAT-06\./],
  ])("where one of it is %s", (outcome, words) => {
    const message = "no stream\n  likely cause: a path that is none";
    const text = answer(asked.map((id) => checkOf(id, id === "CAT-06" ? outcome : "passed", { message })));
    expect(text).toMatch(words);
    if (outcome === "failed") expect(text).toContain("CAT-06 failed: no stream; likely cause: a path that is none");
  });

  test("where none of it was tried nothing is claimed", () => {
    expect(answer([])).toMatch(/Not answered by this run: it did not try CAT-07, CAT-06, CAT-02\.$/m);
  });

  test("and asks for nothing that no suite knows", () => {
    const text = status([], "conformant");
    const open = text.slice(text.indexOf("## Open Questions"));
    const ids = new Set(open.match(/\b[A-Z]+-\d{2}\b/g));
    expect(ids.size).toBeGreaterThan(20);
    for (const id of ids) expect([...loadRequirements().keys()]).toContain(id);
  });
});

test("where all was proved there is no gap and no next step", () => {
  const text = status(
    [...loadRequirements().keys()].map((id) => checkOf(id, "passed")),
    "conformant",
  );
  expect(text).not.toContain("## Gaps");
  expect(text).toMatch(/## Immediate Next Steps\nNone\.\n\n/);
});

test("a failed environment is the first thing to mend", () => {
  const failure = { part: "litellm", message: "litellm did not start", log: [] };
  expect(status([], "environment-failed", { environmentFailures: [failure] })).toContain(
    "1. Mend the environment and run again: litellm did not start",
  );
});

test("a fault of the suite itself is named, for nothing else says why the run is not conformant", () => {
  expect(status([checkOf("ROUTE-01", "passed")], "not-conformant", {}, ["a.spec.ts did not load: x"])).toContain(
    "1. Mend the suite itself: a.spec.ts did not load: x",
  );
});

test("a failure of many words is cut, so that the document stays readable", () => {
  const message = ["first", "x".repeat(5_000), ...Array.from({ length: 500 }, (_, index) => `case ${index}`)].join(
    "\n",
  );
  const text = status([checkOf("ROUTE-01", "failed", { message })], "not-conformant");
  expect(text).toContain(`  first\n  ${"x".repeat(300)} …\n  case 0\n`);
  expect(text).toContain("  … 478 more lines in conformance.json\n  ```");
  expect(text.length).toBeLessThan(6_000);
});
