import { expect, test } from "vitest";
import { catalogueName, expectedTools, readServers } from "./expected-catalogue.ts";

const server = { transport: "stdio", command: "mcp-server-filesystem" };
const offered = ["read_text_file", "list_directory", "move_file"];

/** Measured: what `tools/list` of each version answered for these servers. */
test.each([
  [
    "1.106.2",
    "-",
    { alias: "docs", allowed_tools: ["list_directory", "docs-move_file"] },
    ["docs-list_directory", "docs-move_file"],
  ],
  ["1.106.2", "__", { alias: "docs", allowed_tools: ["list_directory", "docs-move_file"] }, ["docs__list_directory"]],
  ["1.106.2", "-", { disallowed_tools: ["move_file"] }, ["files-read_text_file", "files-list_directory"]],
  ["1.106.2", "-", { allowed_tools: ["move_file"], disallowed_tools: ["move_file"] }, []],
  [
    "1.77.1",
    "-",
    { alias: "docs", allowed_tools: ["move_file"] },
    ["docs-read_text_file", "docs-list_directory", "docs-move_file"],
  ],
  [
    "1.77.1",
    "__",
    { disallowed_tools: ["move_file"] },
    ["files__read_text_file", "files__list_directory", "files__move_file"],
  ],
])("LiteLLM %s with the separator %s and %o lists %o", (version, separator, settings, expected) => {
  const upstreams = readServers({ files: { ...server, ...settings } }, { version, separator });
  expect(expectedTools({ separator, upstreams }, "files", offered)).toEqual(expected);
});

test("a server that is not in the config keeps its name, with spaces as underscores", () => {
  expect(catalogueName({ separator: "-", upstreams: [] }, "my notes", "read")).toBe("my_notes-read");
});
