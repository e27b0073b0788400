import { expect, test } from "vitest";
import { chosenCommand } from "./own-command.ts";

test.each([
  ["of its own name", "server-git", ["other", "server-git"], "server-git"],
  ["its only one", "server-memory", ["mcp-server-memory"], "mcp-server-memory"],
  ["its own name where nothing is known of it", "notes", [], "notes"],
  ["none where several have other names", "notes", ["a", "b"], undefined],
])("the command of a package is %s", (_, own, commands, expected) => {
  expect(chosenCommand(own, commands)).toBe(expected);
});
