import { expect, test } from "vitest";
import { looksLikeError } from "./protocol.ts";

test.each([
  ["Error: relation does not exist", true],
  ['{"error": "Template 1 not found"}', true],
  ["Invalid argument: sql", true],
  ["Invalid index check: 3 invalid indexes found.", true],
  ["Invalid index check: No invalid indexes found.", false],
  ["[{'sensor': 'hall'}]", false],
])("%j looks like an error: %s", (text, is) => {
  expect(looksLikeError(text)).toBe(is);
});
