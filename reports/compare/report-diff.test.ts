import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CheckOutcome } from "../../helpers/run/run-record.ts";
import { serialize } from "../model/conformance-json.ts";
import { reportOf } from "../model/report-fixture.ts";
import { differenceText, gotWorse, reportDifference } from "./report-diff.ts";

const one = (outcome: CheckOutcome) => reportOf({ "ROUTE-01": outcome });

describe("a requirement that goes from one outcome to another", () => {
  test.each<[CheckOutcome, CheckOutcome, "worse" | "better" | "other"]>([
    ["passed", "failed", "worse"],
    ["passed", "known-gap", "worse"],
    ["passed", "not-supported", "worse"],
    ["known-gap", "failed", "worse"],
    ["not-tested", "failed", "worse"],
    ["failed", "passed", "better"],
    ["known-gap", "passed", "better"],
    ["failed", "known-gap", "better"],
    ["not-tested", "passed", "other"],
    ["passed", "not-tested", "other"],
  ])("%s → %s is %s", (before, after, kind) => {
    const difference = reportDifference(one(before), one(after));
    const found = (["worse", "better", "other"] as const).filter((name) => difference[name].length > 0);
    expect(found).toEqual([kind]);
    expect(gotWorse(difference)).toBe(kind === "worse");
    expect(differenceText(difference)).toMatch(new RegExp(`^  ROUTE-01: ${before} → ${after}: Each public path`, "m"));
  });
});

test("what did not change is not listed", () => {
  const difference = reportDifference(one("failed"), one("failed"));
  expect(differenceText(difference)).toBe("no difference");
  expect(gotWorse(difference)).toBe(false);
});

test("parts, engine and deployment that changed are listed with version and digest", () => {
  const before = reportOf({}, { parts: { litellm: "1.77.1", traefik: "3.5.3" } });
  const after = reportOf({}, { parts: { litellm: "1.106.2", codex: "0.169.0" }, engine: "28.5.2", digest: "1" });
  expect(differenceText(reportDifference(before, after))).toBe(
    [
      "changed between the runs:",
      `  deployment: deployments/reference sha256:${"0".repeat(12)} → deployments/reference sha256:${"1".repeat(12)}`,
      "  engine: 20.10.24 → 28.5.2",
      `  gateway/litellm: 1.77.1 sha256:${"0".repeat(12)} → 1.106.2 sha256:${"0".repeat(12)}`,
      `  gateway/traefik: 3.5.3 sha256:${"0".repeat(12)} → none`,
      `  gateway/codex: none → 0.169.0 sha256:${"0".repeat(12)}`,
    ].join("\n"),
  );
});

test("a change is listed with the first line of why the requirement does not hold, of any schema version", () => {
  const lines = (after: Parameters<typeof reportDifference>[1]): string[] =>
    differenceText(reportDifference(one("passed"), after))
      .split("\n")
      .slice(2, 3);
  expect(lines(one("failed"))).toEqual(["    it does not hold"]);
  expect(lines(one("known-gap"))).toEqual(["    a defect of this version (https://example.org/1, until 2999-12-31)"]);
  expect(lines(one("not-supported"))).toEqual(["    this version lacks it"]);
  const checks = [{ outcome: "failed", message: "the old way\n  likely cause: x" }];
  const old = one("failed").requirements.map((requirement) => ({ ...requirement, checks }));
  expect(lines({ ...one("failed"), requirements: old })).toEqual(["    the old way"]);
});

test("a run that is no longer conformant is worse, whatever its requirements say", () => {
  const after = reportOf({ "ROUTE-01": "passed" }, { result: "environment-failed" });
  expect(gotWorse(reportDifference(one("passed"), after))).toBe(true);
});

describe("the command", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "diff-"));
    writeFileSync(join(folder, "old.json"), serialize(one("passed")));
    writeFileSync(join(folder, "new.json"), serialize(one("failed")));
    writeFileSync(join(folder, "other.json"), '{ "schemaVersion": 1 }');
    writeFileSync(join(folder, "broken.json"), "{");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const diff = (...names: string[]) => {
    const files = names.map((name) => join(folder, name));
    const { status, stdout, stderr } = spawnSync(process.execPath, ["cli/main.ts", "report:diff", ...files], {
      encoding: "utf8",
    });
    return { status, stdout, stderr: stderr.replaceAll(`${folder}/`, "") };
  };

  test("ends with 1 when anything got worse, else with 0", () => {
    expect(diff("old.json", "new.json")).toMatchObject({ status: 1, stdout: expect.stringMatching(/^worse:/) });
    expect(diff("new.json", "old.json")).toMatchObject({ status: 0, stdout: expect.stringMatching(/^better:/) });
  });

  test.each([
    [["old.json"], /^error: missing required argument 'new'\n/],
    [["old.json", "gone.json"], /^gone\.json: cannot be read \(ENOENT\); name the conformance\.json of a run\n$/],
    [["old.json", "broken.json"], /^broken\.json: is not JSON \(.*\n$/],
    [["other.json", "old.json"], /^other\.json: is not the report of a run \(suiteVersion: .*\n$/],
  ])("says in one line what is wrong with %j, and ends with 2", (names, line) => {
    const { status, stderr } = diff(...names);
    expect(stderr).toMatch(line);
    expect(status).toBe(2);
  });

  test("has an npm script", () => {
    const scripts = JSON.parse(execFileSync("npm", ["pkg", "get", "scripts"], { encoding: "utf8" })) as object;
    expect(scripts).toMatchObject({ "report:diff": "node cli/main.ts report:diff" });
  });
});
