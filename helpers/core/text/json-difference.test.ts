import { expect, test } from "vitest";
import { differences } from "./json-difference.ts";

test("values that differ only in the order of keys are equal", () => {
  expect(differences({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).toEqual([]);
});

test("each difference is listed with its path", () => {
  expect(differences({ a: { b: 1 }, c: [1, 2] }, { a: { b: "1" }, c: [2, 1], d: true })).toEqual([
    '/a/b: 1 became "1"',
    "/c/0: 1 became 2",
    "/c/1: 2 became 1",
    "/d: absent became true",
  ]);
  expect(differences([], {})).toEqual(["/: [] became {}"]);
});

test("a long list is cut, with the number of further differences", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, index]));
  expect(differences(many, {}).at(-1)).toBe("… and 12 more");
});
