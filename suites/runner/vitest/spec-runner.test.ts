import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { importName } from "./spec-runner.ts";

const file = "/suites/a b/name#1.spec.ts";

test("a spec file is imported by its own URL, so that the compile cache finds it in the next run", () => {
  expect(importName(file, 0)).toBe(pathToFileURL(file).href);
});

test("a set-up file has another URL each time, so that it runs for each spec file, and the same ones in each run", () => {
  expect([0, 1, 2].map((count) => importName(file, count))).toEqual([
    "file:///suites/a%20b/name%231.spec.ts",
    "file:///suites/a%20b/name%231.spec.ts?import=1",
    "file:///suites/a%20b/name%231.spec.ts?import=2",
  ]);
});
