import { expect, test } from "vitest";
import { re2, re2Problem } from "./re2.ts";

test.each(["(?i)^Bearer +\\S+$", "(?P<name>a)", "\\Qa.b", "[[:alpha:]]+", "\\pL{2,3}?"])(
  "%s compiles in Go",
  (pattern) => {
    expect(re2Problem(pattern)).toBeUndefined();
  },
);

test.each([
  ["^(?!Basic).+", "'(?!': Go's regexps have no lookaround"],
  ["(?<=a)b", "'(?<=': Go's regexps have no lookaround"],
  ["(?>a)", "'(?>': Go's regexps have no atomic groups"],
  ["(a)\\1", "'\\1': Go's regexps have no backreferences"],
  ["a++", "'+' after another repetition: Go's regexps have no possessive quantifiers"],
  ["(a", "missing closing ): `(a`"],
  ["[z-a]", "invalid character class range: `z-a`"],
  ["a{1001}", "invalid repeat count: `{1001}`"],
  ["\\y", "invalid escape sequence: `\\y`"],
])("%s does not compile, and the message names the reason", (pattern, problem) => {
  expect(re2Problem(pattern)).toBe(problem);
});

test("a pattern is compiled once", () => {
  expect(re2("^a+$")).toBe(re2("^a+$"));
  expect(re2("^a+$").matcher("aa").find()).toBe(true);
  expect(() => re2("(a")).toThrow();
});
