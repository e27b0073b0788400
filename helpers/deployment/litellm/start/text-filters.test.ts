import { expect, test } from "vitest";
import { envsubst, sed } from "./text-filters.ts";

const variables = new Map([
  ["ONE", "1"],
  ["TWO", "2"],
]);

// As GNU gettext 0.22 prints them.
test.each([
  [undefined, "$ONE ${TWO} ${THREE}| $$ONE ${ONE:-x} $1", "1 2 | $1 ${ONE:-x} $1"],
  ["$ONE", "$ONE ${TWO} ${THREE}", "1 ${TWO} ${THREE}"],
  ["${TWO},$THREE", "$ONE ${TWO} ${THREE}", "$ONE 2 "],
])("envsubst with the format %s", (format, text, expected) => {
  expect(envsubst(variables, format)(text)).toBe(expected);
});

// As GNU sed 4.9 prints them; undefined for what is not followed.
test.each([
  ["s|__X__|a/b|g", "__X__ __X__\n__X__", "a/b a/b\na/b"],
  ["s/x/y/", "x x\nx", "y x\ny"],
  ["s/a/b/g; s/b/c/g", "a b", "c c"],
  ["s/a/b/\ns/c/d/", "a c", "b d"],
  ["s/a\\/b/c/", "a/b", "c"],
  ["s/x/[&]/", "x", "[x]"],
  ["s/x/\\&$1$$/", "x", "&$1$$"],
  ["s/${X}/1/", "${X}", "1"],
  ["s/{{X}}/1/", "{{X}}", "1"],
  ["s/^x$/y/", "xx\nx", "xx\ny"],
  ["s/a.c/x/", "abc", "x"],
  ["s/X/y/I", "x", "y"],
  ["s/\\(a\\)/\\1\\1/", "a", undefined],
  ["/x/d", "x", undefined],
  ["s/[ab]/x/", "a", undefined],
  ["s/a/b/2", "aa", undefined],
  ["s/a", "a", undefined],
])("sed %s", (script, text, expected) => {
  expect(sed(script, false)?.(text)).toBe(expected);
});

test("an extended regular expression is followed where it has no operator of its own", () => {
  expect(sed("s/a+/x/", false)?.("a+ aa")).toBe("x aa");
  expect(sed("s/a+/x/", true)).toBeUndefined();
  expect(sed("s/\\$\\{X\\}/1/", true)).toBeUndefined();
  expect(sed("s/__X__/1/", true)?.("__X__")).toBe("1");
});
