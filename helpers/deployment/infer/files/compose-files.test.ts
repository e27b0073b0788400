import { expect, test } from "vitest";
import { filledFrom } from "./compose-files.ts";

test.each([
  ["$A/${A}", "a/a"],
  ["${A:-${B}}:tag", "a:tag"],
  ["${X:-${A}/litellm}:tag", "a/litellm:tag"],
  ["${X:-${Y}/litellm}:$A", "${X:-${Y}/litellm}:a"],
  ["${X:-litellm}", "${X:-litellm}"],
  ["${A:+x}$$A", "${A:+x}$$A"],
])("what an env file sets is filled in: %s", (text, filled) => {
  expect(filledFrom("A=a\n")(text)).toBe(filled);
});
