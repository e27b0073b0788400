import { expect, test } from "vitest";
import type { AccessClass } from "./access-class.ts";
import { grouped, type PathRule, ruleFor } from "./path-rules.ts";

const open = new Map<string, AccessClass>([["GET", { who: "open" }]]);
const closed = new Map<string, AccessClass>([["GET", { who: "nobody", status: 403, challenge: undefined }]]);

test("the most specific rule counts", () => {
  const rules: PathRule[] = [
    { pattern: "/a/**", classes: open },
    { pattern: "/a/b", classes: closed },
  ];
  expect(ruleFor(rules, "/a/b")?.classes).toBe(closed);
  expect(ruleFor(rules, "/a/c")?.classes).toBe(open);
  expect(ruleFor(rules, "/a")).toBeUndefined();
});

test("an exception comes before what it is an exception from", () => {
  const groups = grouped([
    { pattern: "/a", classes: open },
    { pattern: "/a/**", classes: open },
    { pattern: "/a/b/**", classes: closed },
    { pattern: "/a/b/c", classes: open },
  ]);
  expect(groups.map(({ patterns }) => patterns)).toEqual([["/a", "/a/b/c"], ["/a/b/**"], ["/a/**"]]);
});

test("patterns that do not overlap share a group", () => {
  const groups = grouped([
    { pattern: "/a", classes: open },
    { pattern: "/longer", classes: closed },
    { pattern: "/b/**", classes: open },
  ]);
  expect(groups.map(({ patterns }) => patterns)).toEqual([["/longer"], ["/a", "/b/**"]]);
});
