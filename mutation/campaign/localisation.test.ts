import { expect, test } from "vitest";
import { fakeCheck, fakeRun } from "../../suites/runner/deployment-run/check-run-fixture.ts";
import { localisationOf } from "./localisation.ts";

const text = [
  "services:",
  "  a:",
  "    labels:",
  "      rule: >-",
  "        Host(`a`) &&",
  "        Path(`/b`)",
  "      other: 1",
  "",
  "",
  "",
  "last: 1",
  "",
].join("\n");
const edit = { file: "compose.yaml", start: text.indexOf("Path"), end: text.indexOf("Path") + 4, text: "PathPrefix" };

const failing = (...lines: ({ file?: string; line: number } | undefined)[]) => {
  const [first, ...others] = lines.map((one) => one && { file: `/copy/${one.file ?? "compose.yaml"}`, line: one.line });
  const failure = { summary: "s", expected: "e", actual: "a", message: "m" };
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
  ["the policy", [failing({ file: "policy.yaml", line: 90 })], "first"],
  ["only a later case", [failing({ line: 11 }, { line: 6 })], "later"],
  ["another place", [failing({ line: 11 })], "elsewhere"],
  ["another file", [failing({ file: "config.yaml", line: 6 })], "elsewhere"],
  ["no location", [failing(undefined)], "nowhere"],
] as const)("%s", ([_, killers, expected]) => {
  expect(localisationOf({ mutant: { edits: [edit] }, killers, folder: "/copy", read: () => text })).toBe(expected);
});
