import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";

/** The faults of a config's first server, with their lines, without the path of the file. */
function faultsOf(entry: string, version = "1.106.2", more = "", environment = ""): string[] {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:v${version}
    command: --config /app/config.yaml
    environment: { LITELLM_MASTER_KEY: sk-0123456789abcdef, ${environment} }
    volumes: [./config.yaml:/app/config.yaml]
`,
    "config.yaml": `mcp_servers:\n  one:\n    url: http://one:8000/mcp\n    ${entry}\n${more}`,
  });
  const facts = readFacts(deployment.folder);
  facts.liteLLM();
  return facts.faults.faults.map(({ line, what, fix }) => `${line}: ${what}; ${fix}`);
}

test.each([
  ["timeout: 30s", "mcp_servers.one.timeout is '30s', and not a number"],
  ["timeout: [30]", "mcp_servers.one.timeout is a list, and not a number"],
  ["max_concurrent_requests: 2.5", "mcp_servers.one.max_concurrent_requests is '2.5', and not a whole number"],
  ["client_id: 123456", "mcp_servers.one.client_id is not a text"],
  ["client_secret: true", "mcp_servers.one.client_secret is not a text"],
  ["aws_role_name: 12", "mcp_servers.one.aws_role_name is not a text"],
  [
    "allowed_params: { search: query }",
    "mcp_servers.one.allowed_params is not a mapping of tools to lists of parameters",
  ],
  ["allowed_params: [query]", "mcp_servers.one.allowed_params is not a mapping of tools to lists of parameters"],
  ["mcp_info: about it", "mcp_servers.one.mcp_info is not a mapping"],
  ["token_validation: [a]", "mcp_servers.one.token_validation is not a mapping"],
  ["env_vars: { A: b }", "mcp_servers.one.env_vars is not a list of mappings"],
  ["dcr_bridge: 'yes'", "mcp_servers.one.dcr_bridge is 'yes', and not true or false"],
  ["per_server_oauth_discovery:", "mcp_servers.one.per_server_oauth_discovery is empty, and not true or false"],
  ["dcr_bridge: true", "mcp_servers.one has dcr_bridge and no auth_type"],
  ["server_id: 12", "server_id of mcp_servers.one is not a text"],
  ["server_id: ' '", "server_id of mcp_servers.one is empty"],
])("LiteLLM refuses to start with %s, which is a fault at its line", (entry, what) => {
  expect(faultsOf(entry)).toEqual([expect.stringContaining(`4: ${what}: LiteLLM 1.106.2 refuses to start; `)]);
  expect(faultsOf(entry, "1.77.1").filter((fault) => !fault.includes("mcp_info"))).toEqual([]);
});

test.each([
  "timeout: 30",
  "timeout: '30'",
  "timeout: ' 1e3 '",
  "timeout: true",
  "timeout:",
  "timeout: os.environ/SECONDS",
  "timeout: os.environ/MISSING",
  "max_concurrent_requests: '5.0'",
  "rpm: 5",
  "client_id: '123456'",
  // PyYAML reads a text.
  "client_id: 12e345",
  "client_id: os.environ/ID",
  "allowed_params: { search: [query], ping: [] }",
  "mcp_info: { description: 5, anything: [1] }",
  "mcp_info: []",
  "dcr_bridge: false",
  "dcr_bridge: os.environ/OFF",
  "server_id: one",
  "{ auth_type: true_passthrough, dcr_bridge: true }",
])("LiteLLM accepts %s", (entry) => {
  const environment = "SECONDS: '30', ID: '12', OFF: 'false'";
  const lines = entry.startsWith("{") ? entry.slice(2, -2).replaceAll(", ", "\n    ") : entry;
  expect(faultsOf(lines, "1.106.2", "", environment)).toEqual([]);
});

test("LiteLLM 1.77.1 refuses an mcp_info with other types; later versions take any field", () => {
  const refusals: readonly (readonly [string, string])[] = [
    ["mcp_info: { description: 5 }", "mcp_info.description is not a text"],
    ["description: 5", "description is not a text"],
    [
      "mcp_info: { mcp_server_cost_info: { default_cost_per_query: free } }",
      "default_cost_per_query is 'free', and not a number",
    ],
    ["mcp_info: about it", "mcp_info is not a mapping"],
    ["mcp_info: { server_name: null }", "mcp_info.server_name is not a text"],
  ];
  for (const [entry, what] of refusals)
    expect(faultsOf(entry, "1.77.1")).toEqual([expect.stringContaining(`${what}: LiteLLM 1.77.1 refuses to start`)]);
  expect(faultsOf("description: 5")).toEqual([]);
  expect(faultsOf("mcp_info: { description: null, logo_url: null }", "1.77.1")).toEqual([]);
  expect(faultsOf("mcp_info: { server_name: null }")).toEqual([]);
});

test("a server_id that another server has, by its id, its name or its alias", () => {
  const two = (rest: string): string => `  two:\n    url: http://two:8000/mcp\n    ${rest}\n`;
  expect(faultsOf("server_id: x", "1.106.2", two("server_id: ' x'"))).toEqual([
    "7: server_id of mcp_servers.two is 'x', which mcp_servers.one has too: LiteLLM 1.106.2 refuses to start; " +
      "give each server an id of its own",
  ]);
  expect(faultsOf("server_id: two", "1.106.2", two("server_id: y"))).toEqual([
    expect.stringContaining(
      "4: server_id of mcp_servers.one is 'two', which is the name or the alias of mcp_servers.two",
    ),
  ]);
  expect(faultsOf("server_id: short", "1.106.2", two("alias: short"))).toHaveLength(1);
  const aliases = "litellm_settings: { mcp_aliases: { short: two, other: two } }\n";
  expect(faultsOf("server_id: short", "1.106.2", two("description: x") + aliases)).toHaveLength(1);
  // Only the first alias of a server is applied.
  expect(faultsOf("server_id: other", "1.106.2", two("description: x") + aliases)).toEqual([]);
  expect(faultsOf("server_id: x", "1.92.0", two("server_id: x"))).toEqual([]);
});
