import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FailureDetails } from "../checks/check-failure.ts";
import { DeploymentError, faultLine } from "../core/errors.ts";
import {
  activeGaps,
  type CheckIndex,
  type FailingCheck,
  gapFor,
  type KnownGap,
  loadKnownGaps,
  readKnownGaps,
  staleGapLine,
  staleGaps,
} from "./known-gaps.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gaps-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const checks: CheckIndex = [
  { id: "CAT-04/error-flag-kept", requirements: ["CAT-04"] },
  { id: "CAT-06/stream-opens", requirements: ["CAT-06"] },
  { id: "CAT-06/heartbeat-in-time", requirements: ["CAT-06"] },
  { id: "CAT-11/invalid-schema", requirements: ["CAT-11", "CAT-12"] },
];

/** An entry without a fault. */
const valid = {
  check: "CAT-04/error-flag-kept",
  part: "litellm",
  versions: "<1.80.0",
  reason: "isError is dropped",
  link: "https://example.org/1",
  until: "2027-01-31",
};

type Entry = Partial<
  Record<keyof typeof valid | "requirement" | "code" | "actual", string | undefined> & {
    cases: readonly string[] | undefined;
  }
>;

/** Writes known-gaps.yaml; each entry is {@link valid} with other values, without a key whose value is undefined. */
function write(...entries: Entry[]): void {
  const texts = entries.map((entry) => {
    const written = Object.entries({ ...valid, ...entry }).filter(([, value]) => value !== undefined);
    return `- ${written.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join("\n  ")}\n`;
  });
  writeFileSync(join(folder, "known-gaps.yaml"), texts.join(""));
}

/** A gap of every check of a requirement. */
const ofAll = (requirement: string): Entry => ({ check: undefined, requirement });

const faults = (today = "2026-06-01"): string[] =>
  readKnownGaps(folder, checks, today).faults.map((fault) => faultLine(fault).replace(`${folder}/`, ""));

function gapsOf(...entries: Entry[]): readonly KnownGap[] {
  write(...entries);
  expect(faults()).toEqual([]);
  return readKnownGaps(folder, checks, "2026-06-01").gaps;
}

test("a deployment without the file has no gaps", () => {
  expect(readKnownGaps(folder, checks)).toEqual({ gaps: [], faults: [] });
  expect(loadKnownGaps(folder, checks)).toEqual([]);
});

test("a gap is read with its location, and is accepted until the end of its last day", () => {
  write({}, { ...ofAll("CAT-10"), code: "wrong-status", actual: "status 500", cases: ["one", "two"] });
  const file = join(folder, "known-gaps.yaml");
  const { check: _, ...rest } = valid;
  expect(readKnownGaps(folder, checks, "2027-01-31")).toEqual({
    gaps: [
      {
        ...valid,
        requirement: "CAT-04",
        code: undefined,
        cases: undefined,
        actual: undefined,
        choice: false,
        location: { file, line: 1 },
      },
      {
        ...rest,
        check: undefined,
        choice: false,
        requirement: "CAT-10",
        code: "wrong-status",
        cases: ["one", "two"],
        actual: "status 500",
        location: { file, line: 7 },
      },
    ],
    faults: [],
  });
});

describe("a fault is reported with its line and how to fix it", () => {
  test.each<[string, Entry[], string]>([
    [
      "unknown check, similar to a known one",
      [{ check: "CAT-06/stream-open" }],
      "known-gaps.yaml:1: no check has the id 'CAT-06/stream-open'; write 'CAT-06/stream-opens'",
    ],
    [
      "unknown check of a known requirement",
      [{ check: "CAT-06/complete" }],
      "known-gaps.yaml:1: no check has the id 'CAT-06/complete'; write one of CAT-06/stream-opens, CAT-06/heartbeat-in-time",
    ],
    [
      "unknown check of an unknown requirement",
      [{ check: "nothing" }],
      "known-gaps.yaml:1: no check has the id 'nothing'; name a check of suites/",
    ],
    [
      "check and requirement",
      [{ requirement: "CAT-04" }],
      "known-gaps.yaml:7: names the check CAT-04/error-flag-kept and a requirement; keep the check, and remove 'requirement'",
    ],
    [
      "neither check nor requirement",
      [{ check: undefined }],
      "known-gaps.yaml:1: names neither a check nor a requirement; add 'check:' with a check's id",
    ],
    [
      "unknown requirement",
      [{ check: undefined, requirement: "CAT-4" }],
      "known-gaps.yaml:6: no requirement has the id 'CAT-4'; write 'CAT-04'",
    ],
    [
      "past date",
      [{ until: "2026-05-31" }],
      "known-gaps.yaml:6: the gap of CAT-04/error-flag-kept was accepted until 2026-05-31, which is past; " +
        "fix the gateway and delete this entry, or extend 'until'",
    ],
    ["invalid date", [{ until: "2026-02-30" }], "known-gaps.yaml:6: gaps[0].until is '2026-02-30', expected a date"],
    [
      "bad range",
      [{ versions: "below 2" }],
      "known-gaps.yaml:3: gaps[0].versions is 'below 2', expected a range of versions",
    ],
    ["empty range", [{ versions: " " }], "known-gaps.yaml:3: gaps[0].versions is ' ', expected a range of versions"],
    ["missing link", [{ link: undefined }], "known-gaps.yaml:1: 'link' is missing in gaps[0]; add 'link': a link"],
    ["invalid link", [{ link: "ask Bob" }], "known-gaps.yaml:5: gaps[0].link is 'ask Bob', expected a link"],
    ["missing reason", [{ reason: undefined }], "known-gaps.yaml:1: 'reason' is missing in gaps[0]"],
    ["no cases", [{ cases: [] }], "known-gaps.yaml:7: gaps[0].cases is "],
    ["unknown part", [{ part: "litelm" }], "known-gaps.yaml:2: 'litelm' is not the name of a part; write 'litellm'"],
    [
      "overlap",
      [{}, { versions: ">=1.79.0" }],
      "known-gaps.yaml:9: the gap of CAT-04/error-flag-kept overlaps with that of line 1; keep one of the two, or separate their versions",
    ],
  ])("%s", (_, entries, line) => {
    write(...entries);
    expect(faults()).toEqual([expect.stringContaining(line)]);
  });

  test("every fault of an entry", () => {
    write({ check: "CAT-06/stream-open", part: "litelm", until: "2026-05-31" });
    expect(faults()).toEqual([
      expect.stringContaining("known-gaps.yaml:1: no check has the id"),
      expect.stringContaining("known-gaps.yaml:2: 'litelm' is not the name of a part"),
      expect.stringContaining("known-gaps.yaml:6: the gap of CAT-06/stream-open was accepted until"),
    ]);
  });

  test("unknown key, broken YAML, not a list", () => {
    writeFileSync(join(folder, "known-gaps.yaml"), "- { owner: me, shows: a text }\n");
    expect(faults().join("\n")).toContain("unknown key 'owner' in gaps[0]");
    expect(faults().join("\n")).toContain("unknown key 'shows' in gaps[0]");
    writeFileSync(join(folder, "known-gaps.yaml"), "- [\n");
    expect(faults()[0]).toContain("broken YAML");
    writeFileSync(join(folder, "known-gaps.yaml"), "requirement: CAT-04\n");
    expect(faults()[0]).toContain("expected a list");
  });

  test("no run starts with one", () => {
    write({ check: "CAT-99/none" });
    expect(() => loadKnownGaps(folder, checks)).toThrow(DeploymentError);
  });
});

describe("a gap is active on the versions that it names", () => {
  test.each<[string, string, boolean]>([
    ["<1.80.0", "1.77.1", true],
    ["<1.80.0", "1.80.0", false],
    ["1.77.x", "1.77.1-stable", true],
    ["<1.77.1", "1.77.1-stable", false],
    ["<18", "17", true],
    ["<1.80.0", "latest", false],
    ["*", "latest", true],
  ])("%s on %s: %s", (versions, version, active) => {
    expect(activeGaps(gapsOf({ versions }), new Map([["litellm", version]]))).toHaveLength(active ? 1 : 0);
  });

  test("and on no other part", () => {
    expect(activeGaps(gapsOf({}), new Map([["traefik", "1.0.0"]]))).toEqual([]);
  });
});

describe("overlapping gaps", () => {
  const own = { check: "CAT-06/stream-opens" };
  test.each<[string, Entry, Entry, boolean]>([
    ["one check twice", own, own, true],
    ["two checks of a requirement", own, { check: "CAT-06/heartbeat-in-time" }, false],
    ["a check, and every check of its requirement", own, ofAll("CAT-06"), true],
    ["every check of a requirement, twice", ofAll("CAT-06"), ofAll("CAT-06"), true],
    ["two kinds of failure", { ...own, code: "late-head" }, { ...own, code: "no-stream" }, false],
    ["one kind of failure twice", { ...own, code: "late-head" }, { ...own, code: "late-head" }, true],
    ["one kind of failure, and any", { ...own, code: "late-head" }, own, true],
    ["other results", { ...own, actual: "0 tools" }, { ...own, actual: "2 tools" }, false],
    ["one result, and any", { ...own, actual: "0 tools" }, own, true],
    ["other cases", { ...own, cases: ["a", "b"] }, { ...own, cases: ["c"] }, false],
    ["a common case", { ...own, cases: ["a", "b"] }, { ...own, cases: ["b", "c"] }, true],
    ["some cases, and any", { ...own, cases: ["a"] }, own, true],
    ["other versions", { ...own, versions: "<1.80.0" }, { ...own, versions: ">=1.80.0" }, false],
    ["another part", own, { ...own, part: "traefik" }, false],
  ])("%s", (_, one, other, overlap) => {
    write(one, other);
    expect(faults()).toEqual(overlap ? [expect.stringContaining("overlaps with that of line 1")] : []);
  });
});

describe("a gap accounts for a failure", () => {
  /** Fields of a failure or of a case; the others do not matter. */
  type Fields = Partial<FailureDetails>;
  const failing = (check: string, requirements: readonly string[], fields: Fields = {}): FailingCheck => ({
    check,
    requirements,
    failure: { actual: "broken", ...fields },
  });
  const flag = (fields: Fields): FailingCheck => failing("CAT-04/error-flag-kept", ["CAT-04"], fields);
  const failedCase = (name: string, fields: Fields = {}): FailureDetails => ({
    summary: "wrong",
    expected: "whole",
    actual: "broken",
    case: name,
    ...fields,
  });

  test("of the check that it names, whatever the check proves, and of no other", () => {
    const gaps = gapsOf({ check: "CAT-11/invalid-schema" });
    expect(gapFor(gaps, failing("CAT-11/invalid-schema", ["CAT-11", "CAT-12"]))).toBe(gaps[0]);
    expect(gapFor(gaps, failing("CAT-11/another", ["CAT-11", "CAT-12"]))).toBeUndefined();
    expect(gapFor(gaps, failing("CAT-11/another", ["CAT-11"]))).toBeUndefined();
  });

  test("of a requirement, only where each requirement of the failure has a gap", () => {
    const gaps = gapsOf(ofAll("CAT-04"), ofAll("CAT-10"));
    expect(gapFor(gaps, failing("CAT-04/any", ["CAT-04"]))?.requirement).toBe("CAT-04");
    expect(gapFor(gaps, failing("CAT-10/any", ["CAT-10", "CAT-04"]))?.requirement).toBe("CAT-10");
    expect(gapFor(gaps, failing("CAT-04/any", ["CAT-04", "CAT-05"]))).toBeUndefined();
    expect(gapFor(gaps, failing("CAT-05/any", ["CAT-05"]))).toBeUndefined();
    expect(gapFor(gaps, failing("CAT-04/any", []))).toBeUndefined();
  });

  test("of the check rather than of the requirement", () => {
    const gaps = gapsOf({ code: "lost" }, { ...ofAll("CAT-04"), code: "other" }, { ...ofAll("CAT-11"), code: "lost" });
    expect(gapFor(gaps, flag({ code: "lost" }))).toBe(gaps[0]);
    expect(gapFor(gaps, flag({ code: "other" }))).toBe(gaps[1]);
  });

  test("of one kind", () => {
    const gaps = gapsOf({ code: "error-flag-lost" });
    expect(gapFor(gaps, flag({ code: "error-flag-lost" }))).toBe(gaps[0]);
    expect(gapFor(gaps, flag({ code: "error-flag-changed" }))).toBeUndefined();
    expect(gapFor(gaps, flag({}))).toBeUndefined();
  });

  test("with one result, which must be equal", () => {
    const gaps = gapsOf({ code: "missing-tools", actual: "0 tools" });
    expect(gapFor(gaps, flag({ code: "missing-tools", actual: "0 tools" }))).toBe(gaps[0]);
    expect(gapFor(gaps, flag({ code: "missing-tools", actual: "10 tools" }))).toBeUndefined();
    expect(gapFor(gaps, flag({ code: "missing-tools", actual: "0 tools, status 500" }))).toBeUndefined();
    expect(gapFor(gaps, flag({ code: "missing-tools" }))).toBeUndefined();
  });

  test("of some cases, and never with another case that fails", () => {
    const gaps = gapsOf({ cases: ["GET /a", "GET /b"] });
    expect(gapFor(gaps, flag({ cases: [failedCase("GET /a")] }))).toBe(gaps[0]);
    expect(gapFor(gaps, flag({ cases: [failedCase("GET /a"), failedCase("GET /b")] }))).toBe(gaps[0]);
    expect(gapFor(gaps, flag({ cases: [failedCase("GET /a"), failedCase("GET /c")] }))).toBeUndefined();
    expect(gapFor(gaps, flag({ case: "GET /a" }))).toBe(gaps[0]);
    expect(gapFor(gaps, flag({}))).toBeUndefined();
  });

  test("whose kind and result every failed case has", () => {
    const gaps = gapsOf({ code: "wrong-status", actual: "status 500" });
    const same = { code: "wrong-status", actual: "status 500" };
    expect(gapFor(gaps, flag({ cases: [failedCase("a", same), failedCase("b", same)] }))).toBe(gaps[0]);
    const otherKind = failedCase("b", { ...same, code: "no-answer" });
    expect(gapFor(gaps, flag({ ...same, cases: [failedCase("a", same), otherKind] }))).toBeUndefined();
    const otherResult = failedCase("b", { ...same, actual: "status 200" });
    expect(gapFor(gaps, flag({ ...same, cases: [failedCase("a", same), otherResult] }))).toBeUndefined();
  });

  test("by an invalid message only where it says so", () => {
    const invalid = { code: "invalid-message", actual: "1 invalid message(s)" };
    const check = failing("CAT-04/error-flag-kept", ["CAT-04", "CAT-11"], invalid);
    expect(gapFor(gapsOf({}), check)).toBeUndefined();
    expect(gapFor(gapsOf({ code: "error-flag-lost" }), check)).toBeUndefined();
    expect(gapFor(gapsOf({ actual: invalid.actual }), check)).toBeUndefined();
    expect(gapFor(gapsOf(ofAll("CAT-04"), ofAll("CAT-11")), check)).toBeUndefined();
    expect(gapFor(gapsOf({ code: "invalid-message" }), check)?.check).toBe("CAT-04/error-flag-kept");
    const both = ["CAT-04", "CAT-11"].map((id) => ({ ...ofAll(id), code: "invalid-message" }));
    expect(gapFor(gapsOf(...both), check)?.requirement).toBe("CAT-04");
    expect(gapFor(gapsOf({ ...ofAll("CAT-04"), code: "invalid-message" }), check)).toBeUndefined();
  });
});

describe("a gap is stale when what it names was tried and did not fail", () => {
  const outcomes = ["passed", "not-supported", "known-gap", "failed", "not-tested"];

  test("its requirement", () => {
    const gaps = gapsOf(ofAll("CAT-04"));
    const stale = (outcome: string): readonly KnownGap[] =>
      staleGaps(gaps, [{ requirement: { id: "CAT-04" }, outcome, checks: [] }]);
    expect(outcomes.map((outcome) => stale(outcome).length)).toEqual([1, 1, 0, 0, 0]);
    expect(staleGaps(gaps, [])).toEqual([]);
    expect(stale("passed").map(staleGapLine)).toEqual([
      expect.stringMatching(
        /known-gaps\.yaml:1: CAT-04 no longer fails with litellm <1\.80\.0; delete this entry, or narrow its versions$/,
      ),
    ]);
  });

  test("its check, whatever the outcome of the others", () => {
    const gaps = gapsOf({ check: "CAT-06/stream-opens" });
    const stale = (outcome: string): readonly KnownGap[] =>
      staleGaps(gaps, [
        {
          requirement: { id: "CAT-06" },
          outcome: "known-gap",
          checks: [
            { id: "CAT-06/stream-opens", outcome },
            { id: "CAT-06/heartbeat-in-time", outcome: "passed" },
          ],
        },
      ]);
    expect(outcomes.map((outcome) => stale(outcome).length)).toEqual([1, 1, 0, 0, 0]);
    expect(stale("passed").map(staleGapLine)).toEqual([
      expect.stringContaining("CAT-06/stream-opens no longer fails with litellm <1.80.0"),
    ]);
  });
});
