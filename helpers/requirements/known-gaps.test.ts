import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeploymentError, faultLine } from "../core/errors.ts";
import {
  activeGaps,
  gapOf,
  type KnownGap,
  loadKnownGaps,
  readKnownGaps,
  staleGapLine,
  staleGaps,
} from "./known-gaps.ts";
import { checksOf } from "./requirements.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gaps-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sound = {
  requirement: "CAT-04",
  part: "litellm",
  versions: "<1.80.0",
  reason: "isError is dropped",
  link: "https://example.org/1",
  until: "2027-01-31",
};

function write(...entries: Partial<Record<keyof typeof sound | "check" | "shows", string | undefined>>[]): void {
  const texts = entries.map((entry) => {
    const written = Object.entries({ ...sound, ...entry }).filter(([, value]) => value !== undefined);
    return `- ${written.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join("\n  ")}\n`;
  });
  writeFileSync(join(folder, "known-gaps.yaml"), texts.join(""));
}
const faults = (today = "2026-06-01"): string[] =>
  readKnownGaps(folder, today).faults.map((fault) => faultLine(fault).replace(`${folder}/`, ""));
const gaps = (): readonly KnownGap[] => readKnownGaps(folder, "2026-06-01").gaps;

test("a deployment without the file has no gaps", () => {
  expect(readKnownGaps(folder)).toEqual({ gaps: [], faults: [] });
  expect(loadKnownGaps(folder)).toEqual([]);
});

test("a gap is read with its place, and counts until the end of its last day", () => {
  write({}, { requirement: "CAT-10" });
  expect(readKnownGaps(folder, "2027-01-31").gaps).toEqual([
    { ...sound, check: undefined, shows: undefined, location: { file: join(folder, "known-gaps.yaml"), line: 1 } },
    {
      ...sound,
      check: undefined,
      shows: undefined,
      requirement: "CAT-10",
      location: { file: join(folder, "known-gaps.yaml"), line: 7 },
    },
  ]);
});

describe("a fault is named with its line and how to mend it", () => {
  test.each<[string, Parameters<typeof write>, string]>([
    [
      "unknown requirement",
      [{ requirement: "CAT-4" }],
      "known-gaps.yaml:1: no requirement has the id 'CAT-4'; write 'CAT-04'",
    ],
    [
      "past date",
      [{ until: "2026-05-31" }],
      "known-gaps.yaml:6: the gap of CAT-04 was accepted until 2026-05-31, which is past; ",
    ],
    [
      "date that is none",
      [{ until: "2026-02-30" }],
      "known-gaps.yaml:6: gaps[0].until is '2026-02-30', expected a date",
    ],
    [
      "bad range",
      [{ versions: "below 2" }],
      "known-gaps.yaml:3: gaps[0].versions is 'below 2', expected a range of versions",
    ],
    ["empty range", [{ versions: " " }], "known-gaps.yaml:3: gaps[0].versions is ' ', expected a range of versions"],
    ["missing link", [{ link: undefined }], "known-gaps.yaml:1: 'link' is missing in gaps[0]; add 'link': a link"],
    ["link that is none", [{ link: "ask Bob" }], "known-gaps.yaml:5: gaps[0].link is 'ask Bob', expected a link"],
    ["missing reason", [{ reason: undefined }], "known-gaps.yaml:1: 'reason' is missing in gaps[0]"],
    ["unknown part", [{ part: "litelm" }], "known-gaps.yaml:2: no part is named 'litelm'; write 'litellm'"],
    [
      "unknown check",
      [{ requirement: "CAT-02", check: "the catalogue holds nothing" }],
      "known-gaps.yaml:7: no check of CAT-02 is 'the catalogue holds nothing'; write one of: 'the catalogue holds exactly",
    ],
    ["overlap", [{}, { versions: ">=1.79.0" }], "known-gaps.yaml:9: the gap of CAT-04 overlaps with that of line 1; "],
  ])("%s", (_, entries, line) => {
    write(...entries);
    expect(faults()).toEqual([expect.stringContaining(line)]);
  });

  test("unknown key, broken YAML, no list", () => {
    writeFileSync(join(folder, "known-gaps.yaml"), "- { owner: me }\n");
    expect(faults().join("\n")).toContain("unknown key 'owner' in gaps[0]");
    writeFileSync(join(folder, "known-gaps.yaml"), "- [\n");
    expect(faults()[0]).toContain("broken YAML");
    writeFileSync(join(folder, "known-gaps.yaml"), "requirement: CAT-04\n");
    expect(faults()[0]).toContain("expected a list");
  });

  test("nothing starts with one", () => {
    write({ requirement: "CAT-99" });
    expect(() => loadKnownGaps(folder)).toThrow(DeploymentError);
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
    write({ versions });
    expect(activeGaps(gaps(), new Map([["litellm", version]]))).toHaveLength(active ? 1 : 0);
  });

  test("and on no other part", () => {
    write({});
    expect(activeGaps(gaps(), new Map([["traefik", "1.0.0"]]))).toEqual([]);
  });
});

const [one, other] = checksOf("CAT-06");

function failing(sentence: string, message = "whatever"): { sentence: string; message: string } {
  return { sentence, message };
}

test("a failure is accounted for only where each of its requirements has a gap", () => {
  write({}, { requirement: "CAT-10" });
  expect(gapOf(gaps(), ["CAT-04"], failing("any"))?.requirement).toBe("CAT-04");
  expect(gapOf(gaps(), ["CAT-10", "CAT-04"], failing("any"))?.requirement).toBe("CAT-10");
  expect(gapOf(gaps(), ["CAT-04", "CAT-05"], failing("any"))).toBeUndefined();
  expect(gapOf(gaps(), [], failing("any"))).toBeUndefined();
});

test("a gap that says what it shows accounts for no other failure of the check", () => {
  write({ requirement: "CAT-06", check: one, shows: "came after 15" });
  const gap = (message: string): KnownGap | undefined => gapOf(gaps(), ["CAT-06"], failing(one ?? "", message));
  expect(gap("the head of the stream came after 15000 ms")?.check).toBe(one);
  expect(gap("GET /mcp/tools opens no event stream")).toBeUndefined();
});

test("a gap that names a check accounts for no other check of the requirement", () => {
  write({ requirement: "CAT-06", check: one });
  expect(gapOf(gaps(), ["CAT-06"], failing(one ?? ""))?.check).toBe(one);
  expect(gapOf(gaps(), ["CAT-06"], failing("another"))).toBeUndefined();
});

test("two checks of a requirement may each have a gap, but not one check two, nor beside one for all", () => {
  const twin = (check: string | undefined): string[] => {
    write({ requirement: "CAT-06", check: one }, { requirement: "CAT-06", check });
    return faults();
  };
  expect(other).toBeDefined();
  expect(twin(other)).toEqual([]);
  expect(twin(one)).toEqual([expect.stringContaining("overlaps with that of line 1")]);
  expect(twin(undefined)).toEqual([expect.stringContaining("overlaps with that of line 1")]);
});

describe("a gap is stale when what it names was tried and did not fail", () => {
  const outcomes = ["passed", "not-supported", "known-gap", "failed", "not-tested"];

  test("its requirement", () => {
    write({});
    const stale = (outcome: string): number =>
      staleGaps(gaps(), [{ requirement: { id: "CAT-04" }, outcome, checks: [] }]).length;
    expect(outcomes.map(stale)).toEqual([1, 1, 0, 0, 0]);
    const [line] = staleGaps(gaps(), [{ requirement: { id: "CAT-04" }, outcome: "passed", checks: [] }]).map(
      staleGapLine,
    );
    expect(line).toMatch(/known-gaps\.yaml:1: CAT-04 no longer fails with litellm <1\.80\.0; remove the gap/);
  });

  test("its check, whatever became of the others", () => {
    write({ requirement: "CAT-06", check: one });
    const stale = (outcome: string): readonly KnownGap[] =>
      staleGaps(gaps(), [
        {
          requirement: { id: "CAT-06" },
          outcome: "known-gap",
          checks: [
            { name: one ?? "", outcome },
            { name: "another", outcome: "passed" },
          ],
        },
      ]);
    expect(outcomes.map((outcome) => stale(outcome).length)).toEqual([1, 1, 0, 0, 0]);
    expect(stale("passed").map(staleGapLine)).toEqual([expect.stringContaining(`CAT-06, '${one}', no longer fails`)]);
  });
});
