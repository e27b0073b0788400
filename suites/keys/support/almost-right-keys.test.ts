import { expect, it } from "vitest";
import { almostRightKeys } from "./almost-right-keys.ts";

const key = "sk-AbCdEfGhIjKlMnOpQrStUv";
const other = "sk-0123456789abcdefghijkl";

it("no key is the right one, and none is tried twice", () => {
  const keys = almostRightKeys({ key, token: "hash" }, other).map((one) => one.key);
  expect(keys).not.toContain(key);
  expect(keys).not.toContain(other);
  expect(new Set(keys).size).toBe(keys.length);
});

it("a comparison of the first 12 characters, one without the last, and one without case accept some", () => {
  const keys = almostRightKeys({ key, token: "hash" }, other).map((one) => one.key);
  expect(keys.some((one) => one.slice(0, 12) === key.slice(0, 12))).toBe(true);
  expect(keys.some((one) => one.slice(0, -1) === key.slice(0, -1) && one.length === key.length)).toBe(true);
  expect(keys.some((one) => one.toLowerCase() === key.toLowerCase())).toBe(true);
});

it("leaves out what changes nothing", () => {
  const lower = "sk-canary-0123456789abcdef";
  expect(almostRightKeys({ key: lower, token: "hash" }, other).map(({ how }) => how)).not.toContain("in lower case");
});

it.each(["X", "x", "Y"])("another character is another letter, whichever is there: %s", (letter) => {
  const random = `sk-${letter}TUj7qRSzI${letter}lleuPyP6D${letter}`;
  const replaced = almostRightKeys({ key: random, token: "hash" }, other).filter(({ how }) =>
    /another .*character/.test(how),
  );
  expect(replaced).toHaveLength(3);
  for (const one of replaced) expect(one.key.toLowerCase()).not.toBe(random.toLowerCase());
});
