import type { ResolveHookContext } from "node:module";
import { expect, test } from "vitest";
import { findOwnFile } from "./own-imports.ts";

const asked = { url: "the next hook" };

function found(specifier: string, parentURL?: string) {
  const context: ResolveHookContext = { parentURL, conditions: [], importAttributes: {} };
  return findOwnFile(specifier, context, () => asked);
}

test("a relative import of an own file is not reported to the main process", () => {
  expect(found("../check.ts", "file:///gateway%20tests/suites/a/b.spec.ts?import=1")).toEqual({
    url: "file:///gateway%20tests/suites/check.ts",
    shortCircuit: true,
  });
});

test.each([
  ["a package", "undici", "file:///suite/a.ts"],
  ["a file of a package, whose extension Node finds", "./lib", "file:///suite/node_modules/undici/index.js"],
  ["a spec file, which nothing imports", "./a.spec.ts", undefined],
])("the import of %s is left to the next hook", (_, specifier, parentURL) => {
  expect(found(specifier, parentURL)).toBe(asked);
});
