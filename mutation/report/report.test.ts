import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { type Ending, fakeCheck, fakeRun } from "../../suites/runner/deployment-run/check-run-fixture.ts";
import { CheckOrder } from "../campaign/check-order.ts";
import {
  type MutantOutcome,
  type MutantVerdict,
  outcomeOf,
  score,
  unconfirmed,
  undecidedIfSurvived,
} from "../campaign/verdict.ts";
import { EarlierReport } from "./earlier-report.ts";
import { writeReport } from "./report.ts";
import { summary } from "./summary.ts";
import { decided, killer, verdictOf } from "./verdict-fixture.ts";

const verdicts = decided.map((outcome) => verdictOf(outcome, outcome));

test.each<[MutantOutcome, Ending[]]>([
  ["killed", ["environment", "failed"]],
  ["does not start", ["passed", "environment"]],
  ["broke a check", ["passed", "broke"]],
  ["timed out", ["broke", "timed out"]],
  ["survived", ["passed", "not supported"]],
])("%s: the outcome of checks that ended as %j", (outcome, endings) => {
  expect(outcomeOf(endings.map((ending) => fakeRun(killer, ending))).outcome).toBe(outcome);
});

test("the reason names the check, and a kill keeps the failure's fields", () => {
  expect(outcomeOf([fakeRun(killer, "timed out")]).reason).toBe("ROUTE-10/hosts: too late");
  const failure = {
    summary: "it fails",
    expected: "it holds",
    actual: "it does not",
    message: "it fails",
    code: "wrong-status",
  };
  const { killers, reason } = outcomeOf([fakeRun(killer, "failed", { failure })]);
  expect(reason).toBe("it fails");
  expect(killers.map(({ record }) => [record.id, record.requirements, record.failure?.code])).toEqual([
    ["ROUTE-10/hosts", ["ROUTE-10"], "wrong-status"],
  ]);
});

test("where a run is cut short, a kill that was not confirmed is undecided, and so is a survivor that other checks can detect", () => {
  const shown = (one: MutantVerdict): unknown => ({ outcome: one.outcome, killers: one.killers.length });
  expect(shown(unconfirmed(verdictOf("a", "killed")))).toEqual({ outcome: "undecided", killers: 0 });
  expect(unconfirmed(verdictOf("a", "killed")).reason).toContain("ROUTE-10 detected it");
  expect(shown(unconfirmed(verdictOf("a", "invalid")))).toEqual({ outcome: "invalid", killers: 0 });
  expect(shown(undecidedIfSurvived(verdictOf("a", "survived")))).toEqual({ outcome: "undecided", killers: 0 });
  expect(shown(undecidedIfSurvived(verdictOf("a", "killed")))).toEqual({ outcome: "killed", killers: 1 });
});

test("a mutant that is invalid, equivalent or does not start is left out of the score", () => {
  // Two of four: killed and timed out, of these and the survivor and the one that broke a check.
  expect(score(verdicts)).toBe(0.5);
  expect(score([verdictOf("a", "invalid")])).toBeUndefined();
});

test("the report matches its schema, shows no secret of the operator, and names its survivors", () => {
  const directory = mkdtempSync(join(tmpdir(), "mutation-report-"));
  try {
    const secrets = ["sk-change-me-master-000000000000"];
    writeReport(directory, {
      folder: resolve("deployments/reference"),
      verdicts: [...verdicts, verdictOf("late", "undecided")],
      checks: [killer],
      secrets,
      minimumScore: 97,
    });
    for (const file of ["mutation.json", "index.html"]) {
      const text = readFileSync(join(directory, file), "utf8");
      expect(text).toContain("ROUTE-10");
      expect(text).not.toContain("sk-change-me-master");
    }
    const html = readFileSync(join(directory, "index.html"), "utf8");
    expect(html).toMatch(/<strong>Incomplete: \d+ of \d+ mutants are undecided\.<\/strong>/);
    expect(html).toContain("refused by the loader</dt><dd>the suite refuses the files before it starts anything");
    const earlier = new EarlierReport(directory);
    expect([...earlier.survivors]).toEqual(["survived", "broke a check"]);
    const other = fakeCheck("ROUTE-10/other");
    const killed = verdicts.find(({ outcome }) => outcome === "killed")?.mutant;
    if (killed === undefined) throw new Error("no mutant is killed");
    expect(new CheckOrder(earlier.killers, []).sort(killed, [other, killer])).toEqual([killer, other]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("the summary names the survivors, and the requirements that detected mutants, detected none, and were not run", () => {
  const text = summary(verdicts, { all: false, tried: ["ROUTE-10", "ROUTE-11"], requested: [] });
  expect(text).toMatch(/^survived:\n {2}survived$/m);
  expect(text).toMatch(/^detected by .*: ROUTE-10 1$/m);
  expect(text).toMatch(/^detected nothing .*: ROUTE-11$/m);
  expect(text).toMatch(/^not run .*ROUTE-12/m);
  const options = { all: false, tried: ["ROUTE-10"], requested: ["ROUTE-10"] };
  const requested = summary([verdictOf("a", "undecided")], options);
  expect(requested).toContain("ROUTE-10");
  expect(requested).not.toMatch(/not run|undecided/);
});
