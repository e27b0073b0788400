import { expect, test } from "vitest";
import { codexSettingLines, missingAddress } from "./codex-setting.ts";

const text = `model = "one"
[model_providers.gateway]
name = "Gateway"
env_key = "KEY"
[mcp_servers.files]
command = "files"
[mcp_servers.tools]
required = true
`;
const location = { file: "/policy.yaml", line: 9 };

test.each<[string, Parameters<typeof missingAddress>[0], number]>([
  ["a provider without an address: its table", { provider: "gateway" }, 4],
  ["no provider: the table of the providers", { provider: undefined }, 2],
  ["a server without an address, next to a command", { servers: { files: { command: "files" }, tools: {} } }, 8],
])("%s", (_, missing, line) => {
  const path = missingAddress(missing);
  const lines = codexSettingLines({ file: "/config.toml", text, location });
  expect(lines(...path)).toEqual({ file: "/config.toml", line });
});

test("without a server that is not a command: the table of the servers", () => {
  expect(missingAddress({ servers: { files: { command: "files" } } })).toEqual(["mcp_servers"]);
});

test("a config of the suite's own: the policy's client", () => {
  expect(codexSettingLines({ file: undefined, text, location })("model")).toEqual(location);
});
