import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { loadDeployment } from "../../../../helpers/deployment/load.ts";
import { hasConfig } from "../../../../helpers/deployment/policy/configured-client.ts";
import { type Patch, patchedCopy } from "../../../../helpers/deployment/source/patched-copy.ts";
import type { ConfiguredClient, Deployment, PolicyClient } from "../../../../helpers/deployment/types.ts";
import { type ClientSettings, clientSettings, settingsOf } from "./client-settings.ts";
import { endpointFaults } from "./endpoint-faults.ts";

type Kind = PolicyClient["kind"];

let reference: Deployment;
beforeAll(async () => {
  reference = await loadDeployment("deployments/reference");
});

function clientIn({ policy }: Deployment, kind: Kind): ConfiguredClient {
  const found = policy.clients.filter(hasConfig).find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`the policy names no ${kind}`);
  return found;
}

/** What counts of a client's settings after replacements in its file, with all faults. */
async function counted(
  kind: Kind,
  ...replaced: { find: string; replace: string }[]
): Promise<{ faults: string[]; endpoints: ClientSettings["endpoints"] }> {
  const file = relative(reference.folder, clientIn(reference, kind).config);
  using copy = patchedCopy(
    "deployments/reference",
    replaced.map((one): Patch => ({ file, ...one })),
  );
  const deployment = await loadDeployment(copy.folder);
  const settings = settingsOf(deployment, clientIn(deployment, kind));
  const faults = [...settings.faults, ...endpointFaults(settings, deployment, { redirectsWithoutSlash: true })];
  return { faults: faults.map(({ what }) => what), endpoints: settings.endpoints };
}

const bearer = "Bearer ${LITELLM_CLIENT_KEY}";
const claudeHeaders = `"headers": { "Authorization": "${bearer}" }`;
const otherOfClaude = '{\n  "mcpServers": {\n    "docs": { "url": "https://docs.example/mcp/" },';

test("servers next to the gateway are not judged", async () => {
  const claude = await counted("claude", { find: '{\n  "mcpServers": {', replace: otherOfClaude });
  expect(claude.faults).toEqual([]);
  expect(claude.endpoints.map(({ url }) => url)).not.toContain("https://docs.example/mcp/");
  const codex = await counted("codex", {
    find: "[mcp_servers.litellm]",
    replace: '[mcp_servers.docs]\nurl = "https://docs.example/mcp/"\n\n[mcp_servers.litellm]',
  });
  expect(codex.faults).toEqual([]);
  expect(codex.endpoints).toHaveLength(2);
});

test("a server that gets the gateway's key is meant to be the gateway", async () => {
  const { faults } = await counted("claude", {
    find: "//litellm.linuxserver.lan",
    replace: "//litelm.linuxserver.lan",
  });
  expect(faults).toContain(
    "http://litelm.linuxserver.lan/mcp/: litelm.linuxserver.lan is not one of the policy's hosts",
  );
});

test("where no server is the gateway, each counts", async () => {
  const { faults } = await counted(
    "codex",
    { find: 'url = "http://litellm.linuxserver.lan/mcp/"', replace: 'url = "http://litelm.lan/mcp/"' },
    { find: 'bearer_token_env_var = "LITELLM_CLIENT_KEY"\n', replace: "" },
  );
  expect(faults).toContain("http://litelm.lan/mcp/: litelm.lan is not one of the policy's hosts");
});

/** The fault of a key that the edge of a host does not see. */
function unseenAt(origin: string): string {
  const { hostname } = new URL(origin);
  return `${origin}/mcp/: the key is in x-litellm-api-key alone, and ${hostname} lets nothing through here without \`Authorization: Bearer\``;
}
const internal = unseenAt("http://litellm.linuxserver.lan");
const external = unseenAt("https://litellm.ai-servicers.com");

test.each([
  [`"headers": { "x-litellm-api-key": "${bearer}" }`, "x-litellm-api-key", [internal, external]],
  ['"headers": { "X-LiteLLM-API-Key": "${env:LITELLM_CLIENT_KEY}" }', "x-litellm-api-key", [internal, external]],
  ['"headers": { "Authorization": "Bearer ${env:LITELLM_CLIENT_KEY}" }', "Authorization", []],
])("Claude, VS Code or Cursor may have its key as %s", async (replace, keyHeader, faults) => {
  const found = await counted("claude", { find: claudeHeaders, replace });
  expect(found.faults).toEqual(faults);
  expect(found.endpoints[0]).toMatchObject({ keyVariable: "LITELLM_CLIENT_KEY", keyHeader });
});

test("where the edge passes every request, LiteLLM takes its key from either header", () => {
  const hosts = reference.policy.hosts.map((host) => ({ ...host, access: [{ who: "litellm" }] }));
  const open = { ...reference, policy: { ...reference.policy, hosts } } as unknown as Deployment;
  const one = clientIn(open, "claude");
  const settings = clientSettings(
    one,
    readFileSync(one.config, "utf8").replaceAll("Authorization", "x-litellm-api-key"),
  );
  expect(endpointFaults(settings, open, { redirectsWithoutSlash: true })).toEqual([]);
});

test("a key that VS Code asks for is in no file, and no fault", async () => {
  const { faults, endpoints } = await counted("claude", {
    find: claudeHeaders,
    replace: '"headers": { "Authorization": "Bearer ${input:litellm-key}" }',
  });
  expect(faults).toEqual([]);
  expect(endpoints[0]).toMatchObject({ keyVariable: undefined, isKeyTyped: true });
});

test.each([
  'env_http_headers = { "x-litellm-api-key" = "LITELLM_CLIENT_KEY" }',
  'env_http_headers = { "X-LiteLLM-API-Key" = "LITELLM_CLIENT_KEY" }',
])("Codex may have its key in %s", async (replace) => {
  const { faults, endpoints } = await counted("codex", {
    find: 'bearer_token_env_var = "LITELLM_CLIENT_KEY"',
    replace,
  });
  expect(faults).toEqual([internal]);
  expect(endpoints[1]).toMatchObject({ keyVariable: "LITELLM_CLIENT_KEY", keyHeader: "x-litellm-api-key" });
});

test.each([
  ['"--header", "Authorization: Bearer ${LITELLM_CLIENT_KEY}", "--allow-http"', "{}", []],
  ['"--allow-http", "--header", "Authorization:${AUTH}"', `{ "AUTH": "${bearer}" }`, []],
  [
    `"--header", "Authorization: ${bearer}"`,
    "{}",
    ["http://litellm.linuxserver.lan/mcp/: mcp-remote refuses an address over http that is not the loopback"],
  ],
  ['"--allow-http"', "{}", ["http://litellm.linuxserver.lan/mcp/: no key is sent"]],
  [
    '"--allow-http", "--header", "Authorization: Bearer sk-1"',
    "{}",
    [expect.stringMatching(/the key itself is in the config/)],
  ],
])("a client behind mcp-remote with %s and %s", async (rest, env, faults) => {
  const found = await counted("claude", {
    find: `"type": "http",\n      "url": "http://litellm.linuxserver.lan/mcp/",\n      ${claudeHeaders}`,
    replace: `"command": "npx",\n      "args": ["-y", "mcp-remote@0.1.31", "http://litellm.linuxserver.lan/mcp/", ${rest}],\n      "env": ${env}`,
  });
  expect(found.faults).toEqual(faults);
  expect(found.endpoints).toHaveLength(2);
});
