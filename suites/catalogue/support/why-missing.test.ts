import { expect, test } from "vitest";
import { causeOf, serverOutcomes } from "./why-missing.ts";

const none = new Map<string, string>();

test.each<[string, string, ReadonlyMap<string, string>, RegExp]>([
  [
    "the gate is off (1.106.2)",
    "LiteLLM:WARNING: stdio_gate.py:28 - MCP server 'postgres' will not start: stdio MCP servers are disabled on this proxy. Set LITELLM_ENABLE_MCP_STDIO=true on the proxy and restart to enable them",
    none,
    /^no tool of postgres: this LiteLLM starts no stdio server unless LITELLM_ENABLE_MCP_STDIO=true\n.*will not start/,
  ],
  ["the command is not allowed (1.106.2)", "", new Map([["postgres", "forbidden"]]), /EXTRA_COMMANDS/],
  [
    "a schema is rejected (1.106.2)",
    "LiteLLM:WARNING: mcp_server_manager.py:5512 - Error listing tools from postgres: ValidationError",
    new Map([["postgres", "internal"]]),
    /rejected the schema/,
  ],
  [
    "the command is missing (1.77.1)",
    "LiteLLM:WARNING: client.py - postgres: [Errno 2] No such file or directory: 'postgres-mcp'",
    none,
    /not installed where LiteLLM runs/,
  ],
  ["it is slow (1.77.1)", "LiteLLM:WARNING: Timeout while listing tools from postgres", none, /own 30 s/],
  ["nobody says why", "INFO: all is well with postgres", none, /could not start it/],
])("why no tool is listed: %s", (_, log, outcomes, cause) => {
  expect(causeOf(["postgres"], log, outcomes)).toMatch(cause);
});

test("another server's trouble is no cause where the server's own is known", () => {
  const log = "WARNING: MCP server 'other' will not start: stdio MCP servers are disabled";
  expect(causeOf(["postgres"], log, new Map([["postgres", "unreachable"]]))).toContain(
    "nothing answers at its address",
  );
});

test("outcomes are read where a version writes them", () => {
  const result = { _meta: { "litellm.ai/server_outcomes": { a: { status: "ok" }, b: { status: "forbidden" } } } };
  expect([...serverOutcomes(result)]).toEqual([
    ["a", "ok"],
    ["b", "forbidden"],
  ]);
  expect(serverOutcomes({ tools: [] }).size).toBe(0);
});
