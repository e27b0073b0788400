import { expect, test } from "vitest";
import { SourceFile } from "../source/source-file.ts";
import { jsonSettings, tomlSettings } from "./setting-line.ts";

const toml = `# A comment.
model = "one"

[model_providers."my gateway"]
name = "G"
# wire_api = "chat"
env_key = "KEY"

[model_providers."my gateway".http_headers]
x = "y"

[mcp_servers]
other.url = "http://gateway.example/mcp/"
`;

test.each([
  ["a setting of the root", ["model"], 2],
  ["a setting of a table with a quoted name", ["model_providers", "my gateway", "env_key"], 7],
  ["a setting with a dotted key", ["mcp_servers", "other", "url"], 13],
  ["a table", ["model_providers", "my gateway"], 4],
  [
    "a missing setting: the last one of its table, not of the tables in it",
    ["model_providers", "my gateway", "wire_api"],
    7,
  ],
  ["a missing setting of the root: the first line with a setting", ["model_provider"], 2],
  ["a missing table: the first line with a setting", ["features", "apps"], 2],
] as const)("%s", (_, path, line) => {
  expect(tomlSettings(new SourceFile("config.toml", toml))(...path)).toEqual({ file: "config.toml", line });
});

test("a TOML file without settings: its first line", () => {
  expect(tomlSettings(new SourceFile("config.toml", "# empty\n"))("model").line).toBe(1);
});

test.each([
  ["a setting of the second server", ["mcpServers", "b", "type"], 7],
  ["a missing setting: its own server's line, not that of the next server", ["mcpServers", "a", "type"], 3],
] as const)("of JSON, %s", (_, path, line) => {
  const text = `{
\t"mcpServers": {
\t\t"a": { "url": "http://a.example/mcp/",
\t\t\t"headers": { "X": "y" }
\t\t},
\t\t"b": {
\t\t\t"type": "http"
\t\t}
\t}
}`;
  expect(jsonSettings(new SourceFile("mcp.json", text))(...path)).toEqual({ file: "mcp.json", line });
});
