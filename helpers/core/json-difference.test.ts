import { expect, test } from "vitest";
import { differences } from "./json-difference.ts";

test("equal values have none, whatever the order of their keys", () => {
  expect(differences({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).toEqual([]);
});

test("each place is told by its path", () => {
  expect(differences({ a: { b: 1 }, c: [1, 2] }, { a: { b: "1" }, c: [2, 1], d: true })).toEqual([
    '/a/b: 1 became "1"',
    "/c/0: 1 became 2",
    "/c/1: 2 became 1",
    "/d: absent became true",
  ]);
  expect(differences([], {})).toEqual(["/: [] became {}"]);
});

test("many are cut short, and say so", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, index]));
  expect(differences(many, {}).at(-1)).toBe("… and 12 more");
});
