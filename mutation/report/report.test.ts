import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { CheckOrder } from "../campaign/check-order.ts";
import type { Check } from "../campaign/checks.ts";
import type { Saying } from "../campaign/mutant-run.ts";
import {
  fateOf,
  type MutantOutcome,
  type MutantVerdict,
  openElsewhere,
  score,
  unconfirmed,
} from "../campaign/verdict.ts";
import type { Mutant } from "../files/mutant.ts";
import { EarlierReport } from "./earlier-report.ts";
import { writeReport } from "./report.ts";
import { summary } from "./summary.ts";

const check: Check = {
  id: "suites/routes/access/hosts.spec.ts > a host",
  file: "suites/routes/access/hosts.spec.ts",
  suite: "routes",
  requirements: ["ROUTE-10"],
  sentence: "a host",
  rigs: ["edge"],
};

const saying = (outcome: Saying["outcome"]): Saying => ({ check, outcome, message: outcome, milliseconds: 1 });

function verdict(id: string, fate: MutantOutcome): MutantVerdict {
  const edit = { file: "litellm.env.example", start: 0, end: 1, text: "sk-change-me-master-000000000000" };
  const mutant: Mutant = { id, mutator: "m", kind: "keys", subject: "s", how: "h", shown: edit, edits: [edit] };
  const killers = fate === "killed" ? [saying("failed")] : [];
  return { mutant, fate, killers, heard: 1, reason: "", milliseconds: 1 };
}

const fates: MutantOutcome[] = [
  "killed",
  "survived",
  "timed out",
  "invalid",
  "does not start",
  "broke a check",
  "equivalent",
];
const verdicts = fates.map((fate) => verdict(fate, fate));

test("a failed check kills, whatever else was said; an error of the environment or of the check itself does not", () => {
  expect(fateOf([saying("environment"), saying("failed")]).fate).toBe("killed");
  expect(fateOf([saying("passed"), saying("environment")]).fate).toBe("does not start");
  expect(fateOf([saying("passed"), saying("broke")]).fate).toBe("broke a check");
  expect(fateOf([saying("broke"), saying("timed-out")]).fate).toBe("timed out");
  expect(fateOf([saying("passed"), saying("not-supported")]).fate).toBe("survived");
});

test("where a run is cut short, what was not confirmed is undecided, and so is a survivor that another stage can see", () => {
  const told = (one: MutantVerdict): unknown => ({ fate: one.fate, killers: one.killers.length });
  expect(told(unconfirmed(verdict("a", "killed")))).toEqual({ fate: "undecided", killers: 0 });
  expect(unconfirmed(verdict("a", "killed")).reason).toContain("ROUTE-10 noticed it");
  expect(told(unconfirmed(verdict("a", "invalid")))).toEqual({ fate: "invalid", killers: 0 });
  expect(told(openElsewhere(verdict("a", "survived")))).toEqual({ fate: "undecided", killers: 0 });
  expect(told(openElsewhere(verdict("a", "killed")))).toEqual({ fate: "killed", killers: 1 });
});

test("what is invalid, equivalent or does not start counts apart", () => {
  // Killed and timed out of these two, the survivor and the one that broke a check.
  expect(score(verdicts)).toBe(0.5);
  expect(score([verdict("a", "invalid")])).toBeUndefined();
});

test("the report is valid by its schema, shows no secret of the operator's, and knows its survivors", () => {
  const directory = mkdtempSync(join(tmpdir(), "mutation-report-"));
  try {
    const secrets = ["sk-change-me-master-000000000000"];
    writeReport(directory, {
      folder: resolve("deployments/reference"),
      verdicts,
      checks: [check],
      secrets,
      wanted: 97,
    });
    for (const file of ["mutation.json", "index.html"]) {
      const text = readFileSync(join(directory, file), "utf8");
      expect(text).toContain("ROUTE-10");
      expect(text).not.toContain("sk-change-me-master");
    }
    const earlier = new EarlierReport(directory);
    expect([...earlier.survivors]).toEqual(["survived", "broke a check"]);
    const other = { ...check, id: "other", sentence: "something else" };
    const killed = verdicts.find(({ fate }) => fate === "killed")?.mutant;
    if (killed === undefined) throw new Error("no mutant is killed");
    expect(new CheckOrder(earlier.killers, []).sort(killed, [other, check])).toEqual([check, other]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test("the summary names who slipped through, and the requirements that noticed and that did not", () => {
  const text = summary(verdicts, { all: false, tried: ["ROUTE-10", "ROUTE-11"], asked: [] });
  expect(text).toMatch(/slipped through:\n {2}survived/);
  expect(text).toMatch(/noticed by.*ROUTE-10 1/);
  expect(text).toMatch(/noticed nothing.*ROUTE-11/);
  expect(text).toMatch(/not heard.*ROUTE-12/);
  const asked = summary([verdict("a", "undecided")], { all: false, tried: ["ROUTE-10"], asked: ["ROUTE-10"] });
  expect(asked).toContain("ROUTE-10");
  expect(asked).not.toMatch(/not heard|not decided/);
});
