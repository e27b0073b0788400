import { expect, test } from "vitest";
import { anyKeyCause } from "./any-key-cause.ts";

test.each([
  ["1.81.8", true, false],
  ["1.81.9", true, true],
  ["1.83.14", true, true],
  ["1.83.14", false, false],
  ["1.84.0", true, false],
])("LiteLLM %s, at MCP: %s", (version, isMcp, isKnown) => {
  const { cause, fix } = anyKeyCause(version, isMcp);
  expect(fix !== undefined).toBe(isKnown);
  expect(cause).toMatch(isKnown ? /OAuth token/ : /whatever the key is/);
});
