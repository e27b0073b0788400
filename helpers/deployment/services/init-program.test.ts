import { expect, test } from "vitest";
import { withoutInitProgram } from "./init-program.ts";

test.each([
  [["catatonit", "--", "mcp-proxy"], ["mcp-proxy"]],
  [
    ["/sbin/tini", "-g", "-s", "TERM", "--", "server", "--port", "1"],
    ["server", "--port", "1"],
  ],
  [["/usr/bin/dumb-init", "server"], ["server"]],
  [
    ["server", "--", "x"],
    ["server", "--", "x"],
  ],
  [["tini"], ["tini"]],
])("%j starts %j", (words, command) => {
  expect(withoutInitProgram(words)).toEqual(command);
});
