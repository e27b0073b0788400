import { expect, test } from "vitest";
import type { Supply } from "../observe/subject.ts";
import { observeSynthetic, soundSupply, syntheticCandidate } from "../proofs/synthetic.ts";
import { type ItemNumber, itemNumbers } from "./items.ts";
import { judge } from "./judge.ts";
import type { Judgement } from "./judgement.ts";

const candidate = syntheticCandidate("stdio");
const observed = await observeSynthetic(candidate, undefined);

function judged(own: Partial<Supply>, changed = candidate) {
  const supply = { ...soundSupply, ...own };
  const { seen, secrets } = observed;
  return judge({ candidate: changed, seen, supply, differences: [], approved: [], secrets }, new Date("2026-12-01"));
}

const outcomes = (own: Partial<Supply>, changed = candidate): Partial<Record<ItemNumber, Judgement>> => {
  const all = judged(own, changed);
  return Object.fromEntries(
    itemNumbers.flatMap((item) =>
      ["fail", "conditional"].includes(all[item].outcome) ? [[item, all[item]] as const] : [],
    ),
  );
};

const other = [{ name: "notes", version: "1.0.1", digest: "sha512-b" }];

const [signed] = soundSupply.provenance;
if (signed === undefined) throw new Error("the sound package is signed");

test("sound packages fail nothing", () => {
  expect(outcomes({})).toEqual({});
});

test.each<[ItemNumber, string, Partial<Supply>, string]>([
  [1, "no exact version", { isPinned: false }, "names no exact version of notes"],
  [1, "a second installation with another version", { again: other }, "notes was 1.0.0, and is 1.0.1"],
  [1, "other files", { again: [{ name: "notes", version: "1.0.0", digest: "sha512-b" }] }, "has other files"],
  [2, "a licence that is not allowed", { licence: "AGPL-3.0" }, "notes is under AGPL-3.0"],
  [2, "one of two that is not allowed", { licence: "MIT AND AGPL-3.0" }, "AGPL-3.0"],
  [3, "a signature that is wrong", { provenance: [{ ...signed, wrong: ["w"] }] }, "notes 1.0.0: w"],
  [
    3,
    "a build from another repository",
    { provenance: [{ ...signed, builtFrom: ["https://github.com/evil/notes"] }] },
    "notes 1.0.0 was built from https://github.com/evil/notes, and the project is https://github.com/example/notes",
  ],
  [4, "a look-alike", { addresses: [{ url: "https://github.com/evil/notes", from: "homepage" }] }, "evil/notes"],
  [
    5,
    "a release with a known fault below it",
    { packages: [...soundSupply.packages, { name: "mcp-remote", version: "0.1.15", digest: "x" }], again: [] },
    "CVE-2025-6514",
  ],
  [
    5,
    "a deprecated one",
    { packages: [{ ...other[0], name: "notes", version: "1", digest: "", deprecated: "old" }] },
    "old",
  ],
  [6, "a variable that nobody declared", { variables: ["NOTES_DEBUG_TOKEN"] }, "its code reads NOTES_DEBUG_TOKEN"],
])("item %i fails for %s, and no other", (item, _what, own, says) => {
  const consistent = own.packages === undefined ? own : { ...own, again: own.packages };
  const found = outcomes(consistent);
  expect(Object.keys(found)).toEqual([String(item)]);
  expect(found[item]?.outcome).toBe("fail");
  expect(found[item]?.evidence).toContain(says);
  expect(found[item]?.fix).toBeTruthy();
});

test("licences by choice, and addresses in git's forms, are recognised", () => {
  expect(outcomes({ licence: "(GPL-3.0 OR MIT)" })).toEqual({});
  expect(
    outcomes({ addresses: [{ url: "git+https://github.com/Example/notes.git#main", from: "repository" }] }),
  ).toEqual({});
});

test("a registry that offers no provenance is not applicable, and one that does not answer is a condition", () => {
  const none = { ...signed, offered: [], builtFrom: [] };
  expect(judged({ provenance: [none] })[3]).toMatchObject({
    outcome: "not applicable",
    evidence: "the registry offers neither signature nor provenance for notes 1.0.0",
  });
  expect(judged({ provenance: [none, { ...none, unverified: "it does not answer" }] })[3]).toMatchObject({
    outcome: "conditional",
    evidence: "notes 1.0.0: it does not answer",
  });
  expect(judged({ provenance: [signed, { ...none, package: "other 2.0" }] })[3]).toMatchObject({
    outcome: "pass",
    evidence:
      "notes 1.0.0: registry signature verified, built from https://github.com/example/notes\nother 2.0: the registry offers none",
  });
});

test("no licence and no source are conditions, not failures", () => {
  expect(outcomes({ licence: undefined })[2]).toMatchObject({ outcome: "conditional" });
  expect(outcomes({}, { ...candidate, source: undefined })[4]).toMatchObject({ outcome: "conditional" });
});

const location = candidate.locations.server;
const withCondition = (item: ItemNumber, until: string) => ({
  ...candidate,
  conditions: new Map([[item, { because: "legal has agreed", until, location }]]),
});

test("what the operator accepts is a condition until its date, and a failure again after it", () => {
  const bad: Partial<Supply> = { licence: "AGPL-3.0" };
  expect(outcomes(bad, withCondition(2, "2027-01-01"))[2]).toMatchObject({
    outcome: "conditional",
    condition: "legal has agreed",
  });
  expect(outcomes(bad, withCondition(2, "2026-11-30"))[2]?.evidence).toContain("ended on 2026-11-30");
});

test("a condition for an item that passes is a failure: it would hide the next one", () => {
  expect(outcomes({}, withCondition(2, "2027-01-01"))[2]?.fix).toContain("remove the condition for item 2");
});
