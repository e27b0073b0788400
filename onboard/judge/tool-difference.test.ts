import { expect, test } from "vitest";
import { firstDifference } from "./tool-difference.ts";

const tool = { name: "find", description: "a, b", inputSchema: { properties: { id: { type: "string" } } } };

test.each([
  ["a tool of one connection", undefined, "it is listed on one of them only"],
  ["another text", { ...tool, description: "a, c" }, 'description was "a, b", and is "a, c"'],
  [
    "another order",
    { ...tool, description: "b, a" },
    /^description has the same words in another order .*PYTHONHASHSEED/,
  ],
  [
    "a parameter that is gone",
    { ...tool, inputSchema: { properties: {} } },
    "inputSchema.properties.id is there on one of them only",
  ],
])("the first difference of two listings is named: %s", (_, other, expected) => {
  expect(firstDifference(tool, other)).toEqual(
    typeof expected === "string" ? expected : expect.stringMatching(expected),
  );
});
