import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { litellm } from "../../../helpers/deployment/broken/broken-deployment.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { hiddenBehindProxy, lineOfCause } from "./missing-tools-cause.ts";
import { causeFrom, serverOutcomes } from "./missing-tools-reasons.ts";

const none = new Map<string, string>();

test.each<[string, string, ReadonlyMap<string, string>, RegExp, RegExp | undefined]>([
  [
    "stdio servers are disabled (1.106.2)",
    "LiteLLM:WARNING: stdio_gate.py:28 - MCP server 'postgres' will not start: stdio MCP servers are disabled on this proxy. Set LITELLM_ENABLE_MCP_STDIO=true on the proxy and restart to enable them",
    none,
    /^no tool of postgres is listed: this LiteLLM starts no stdio server unless LITELLM_ENABLE_MCP_STDIO=true$/,
    /will not start/,
  ],
  [
    "the command is not allowed (1.106.2)",
    "",
    new Map([["postgres", "forbidden"]]),
    /not among LITELLM_MCP_STDIO_EXTRA_COMMANDS$/,
    undefined,
  ],
  [
    "a schema is rejected (1.106.2)",
    "LiteLLM:WARNING: mcp_server_manager.py:5512 - Error listing tools from postgres: ValidationError",
    new Map([["postgres", "internal"]]),
    /rejected the schema/,
    /ValidationError/,
  ],
  [
    "the command is missing (1.77.1)",
    "LiteLLM:WARNING: client.py - postgres: [Errno 2] No such file or directory: 'postgres-mcp'",
    none,
    /not installed where LiteLLM runs/,
    /No such file/,
  ],
  [
    "it is slow (1.77.1)",
    "LiteLLM:WARNING: Timeout while listing tools from postgres",
    none,
    /LiteLLM's own 30 s/,
    /Timeout while listing/,
  ],
  [
    "it refuses a header that is sent twice (1.77.1)",
    "httpx.HTTPStatusError: Client error '400 Bad Request' for url 'http://postgres-mcp:3001/mcp'",
    none,
    /sends MCP-Protocol-Version twice/,
    /400 Bad Request/,
  ],
  [
    "it accepts other names only",
    "httpx.HTTPStatusError: Client error '421 Misdirected Request' for url 'http://postgres-mcp:3001/mcp'",
    none,
    /answers 421 to the name[\s\S]*allowed hosts/,
    /421 Misdirected Request/,
  ],
  [
    "it refuses the credential",
    "httpx.HTTPStatusError: Client error '401 Unauthorized' for url 'http://postgres-mcp:3001/mcp'",
    none,
    /refuses LiteLLM's credential/,
    /401 Unauthorized/,
  ],
  [
    "a provider's refusal is not a reason",
    "httpx.HTTPStatusError: Client error '401 Unauthorized' for url 'https://api.example/v1'",
    none,
    /could not start it/,
    undefined,
  ],
  ["nothing reports a reason", "INFO: all is well with postgres", none, /could not start it/, undefined],
])("why no tool is listed: %s", (_, log, outcomes, cause, line) => {
  const found = causeFrom(["postgres"], log, outcomes, { started: new Set(["postgres"]) });
  expect(found.cause).toMatch(cause);
  expect(found.log).toEqual(line === undefined ? [] : [expect.stringMatching(line)]);
});

test.each([
  ["status 421", /answers 421 to the name/],
  ["status 404", /nothing is at the path/],
  ["URLError <urlopen error [Errno -2] Name or service not known>", /know no host of that name/],
  ["URLError <urlopen error [Errno 111] Connection refused>", /nothing listens on the port/],
  ["status 200", /could not start it/],
])("the server's own answer to LiteLLM says more than a log that is silent: %s", (answer, cause) => {
  expect(causeFrom(["postgres"], "", none, { answers: answer }).cause).toMatch(cause);
});

test("another server's trouble is not the cause where the server's own is known", () => {
  const log = "WARNING: MCP server 'other' will not start: stdio MCP servers are disabled";
  const { cause } = causeFrom(["postgres"], log, new Map([["postgres", "unreachable"]]));
  expect(cause).toContain("nothing answers at its address");
});

test("outcomes are read from the listing of a version that reports them", () => {
  const result = { _meta: { "litellm.ai/server_outcomes": { a: { status: "ok" }, b: { status: "forbidden" } } } };
  expect([...serverOutcomes(result)]).toEqual([
    ["a", "ok"],
    ["b", "forbidden"],
  ]);
  expect(serverOutcomes({ tools: [] }).size).toBe(0);
});

test.each([
  ["auth_type: api_key", "auth_value: abc", "auth_type: api_key"],
  ["transport: http", "auth_value: abc", "auth_value: abc"],
])("a refused credential is at the server's own line: %s, %s", async (first, second, at) => {
  const server = `  crm:\n    url: http://crm:8000/mcp\n    ${first}\n    ${second}\n`;
  using copy = patchedCopy("deployments/reference", [litellm("  filesystem:", `${server}  filesystem:`)]);
  const deployment = await loadDeployment(copy.folder);
  const { cause } = causeFrom(["crm"], "crm: Client error '401 Unauthorized' for url 'http://crm:8000/mcp'", none);
  const location = lineOfCause(deployment, ["crm"], cause);
  const text = readFileSync(location?.file ?? "", "utf8").split("\n")[(location?.line ?? 0) - 1];
  expect(text?.trim()).toBe(at);
});

test("servers that LiteLLM hides from clients behind a proxy are named with the setting, and no other ones", async () => {
  const server = "  crm:\n    url: http://crm:8000/mcp\n    transport: http\n    available_on_public_internet: false\n";
  using copy = patchedCopy("deployments/reference", [litellm("  filesystem:", `${server}  filesystem:`)]);
  const deployment = await loadDeployment(copy.folder, { versions: { litellm: "1.106.2" } });
  const log = "WARNING: mcp_trusted_proxy_ranges is not configured";
  expect(hiddenBehindProxy(deployment, ["crm"], log)?.cause).toMatch(
    /^no tool of crm is listed: it has available_on_public_internet: false[\s\S]*general_settings\.mcp_trusted_proxy_ranges/,
  );
  expect(hiddenBehindProxy(deployment, ["crm", "filesystem"], log)).toBeUndefined();
  expect(hiddenBehindProxy(deployment, ["crm"], "")).toBeUndefined();
});

test.each(["auth_required", "forbidden"])(
  "a server at an address that LiteLLM reports as %s refuses its credential",
  (status) => {
    const { cause } = causeFrom(["crm"], "", new Map([["crm", status]]));
    expect(cause).toMatch(/^no tool of crm is listed: it refuses LiteLLM's credential/);
  },
);
