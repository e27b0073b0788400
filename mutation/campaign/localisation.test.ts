import { expect, test } from "vitest";
import { fakeCheck, fakeRun } from "../../suites/runner/deployment-run/check-run-fixture.ts";
import { followedBy, localisationOf } from "./localisation.ts";

const text = [
  "services:",
  "  a:",
  "    labels:",
  "      rule: >-",
  "        Host(`a`) &&",
  "        Path(`/docs`)",
  "      other: 1",
  "",
  "",
  "",
  "last: 1",
  "",
].join("\n");
const policy = [
  "# /docs is open",
  "public:",
  "  - { path: /docs, why: someone reads /other }",
  "  - { path: /other }",
  "",
].join("\n");
const edit = { file: "compose.yaml", start: text.indexOf("/docs"), end: text.indexOf("/docs") + 5, text: "/docsx" };

const read = (file: string): string => (file === "policy.yaml" ? policy : text);
const failure = { summary: "s", expected: "e", actual: "a", message: "m" };

const failing = (...lines: ({ file?: string; line: number } | undefined)[]) => {
  const [first, ...others] = lines.map((one) => one && { file: `/copy/${one.file ?? "compose.yaml"}`, line: one.line });
  return fakeRun(fakeCheck("ROUTE-03/a"), "failed", {
    failure: {
      ...failure,
      ...(first === undefined ? {} : { location: first }),
      cases: others.map((location) => ({ ...failure, ...(location === undefined ? {} : { location }) })),
    },
  });
};

test.for([
  ["the line of the key of a block", [failing({ line: 4 })], "first"],
  ["three lines away", [failing({ line: 9 })], "first"],
  ["a line of the policy that names what was changed", [failing({ file: "policy.yaml", line: 3 })], "first"],
  ["another line of the policy", [failing({ file: "policy.yaml", line: 4 })], "elsewhere"],
  ["a comment of the policy", [failing({ file: "policy.yaml", line: 1 })], "elsewhere"],
  ["only a later case", [failing({ line: 11 }, { line: 6 })], "later"],
  ["another place", [failing({ line: 11 })], "elsewhere"],
  ["another file", [failing({ file: "config.yaml", line: 6 })], "elsewhere"],
  ["no location", [failing(undefined)], "nowhere"],
] as const)("%s", ([_, killers, expected]) => {
  expect(localisationOf({ mutant: { edits: [edit] }, killers, folder: "/copy", read })).toBe(expected);
});

test.for([
  [3, "first"],
  [4, "elsewhere"],
] as const)("of a mutant of the policy, its own lines count alone: line %i", ([line, expected]) => {
  const start = policy.indexOf("/docs, why");
  const own = { file: "policy.yaml", start, end: start + 5, text: "/other" };
  const killers = [failing({ file: "policy.yaml", line })];
  expect(localisationOf({ mutant: { edits: [own] }, killers, folder: "/copy", read })).toBe(expected);
});

test("the failure that others follow from is the first", () => {
  const root = fakeCheck("CAT-02/a");
  const cause = fakeRun(root, "failed", { failure: { ...failure, location: { file: "/copy/compose.yaml", line: 6 } } });
  const symptom = fakeRun(fakeCheck("PROMPT-01/a"), "failed", { failure: { ...failure, follows: root.id } });
  const where = (...killers: ReturnType<typeof fakeRun>[]) =>
    localisationOf({ mutant: { edits: [edit] }, killers, folder: "/copy", read });
  expect(followedBy(symptom)).toEqual([root.id]);
  expect(where(symptom)).toBe("nowhere");
  expect(where(symptom, cause)).toBe("first");
});
