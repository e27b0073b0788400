import { expect, test } from "vitest";
import { coloursFor } from "./colours.ts";

test.each<[NodeJS.ProcessEnv, boolean, boolean]>([
  [{}, true, true],
  [{}, false, false],
  [{ CI: "true" }, false, false],
  [{ GITHUB_ACTIONS: "true" }, false, true],
  [{ TERM: "dumb" }, true, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false],
])("in the environment %j, on a terminal: %s, there are colours: %s", (environment, isTTY, coloured) => {
  expect(coloursFor({ isTTY }, environment).isColorSupported).toBe(coloured);
});
