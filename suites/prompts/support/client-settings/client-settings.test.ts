import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { loadDeployment } from "../../../../helpers/deployment/load.ts";
import { hasConfig } from "../../../../helpers/deployment/policy/configured-client.ts";
import type { ConfiguredClient, Deployment, PolicyClient } from "../../../../helpers/deployment/types.ts";
import { clientSettings } from "./client-settings.ts";
import { endpointFaults } from "./endpoint-faults.ts";

let reference: Deployment;
beforeAll(async () => {
  reference = await loadDeployment("deployments/reference");
});

const client = (kind: PolicyClient["kind"], { policy }: Deployment = reference): ConfiguredClient => {
  const found = policy.clients.filter(hasConfig).find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`the policy names no ${kind}`);
  return found;
};

/** `line: what` of every fault of a client's config, after a replacement in its text. */
function faultsOf(kind: PolicyClient["kind"], find?: string, replace = "", deployment = reference): string[] {
  const one = client(kind, deployment);
  const text = readFileSync(one.config, "utf8");
  if (find !== undefined && !text.includes(find)) throw new Error(`${one.config} does not contain '${find}'`);
  const settings = clientSettings(one, find === undefined ? text : text.replaceAll(find, () => replace));
  return [...settings.faults, ...endpointFaults(settings, deployment, { redirectsWithoutSlash: true })].map(
    ({ what, location }) => `${location.line}: ${what}`,
  );
}

test.each(["codex", "claude", "open-webui"] as const)("the reference's config of %s has no fault", (kind) => {
  expect(faultsOf(kind)).toEqual([]);
});

test("the endpoints of the reference: the model's API and MCP, internal and external", () => {
  const endpoints = (["codex", "claude", "open-webui"] as const).flatMap(
    (kind) => clientSettings(client(kind), readFileSync(client(kind).config, "utf8")).endpoints,
  );
  expect(endpoints.map(({ for: purpose, url, keyVariable }) => `${purpose} ${url} ${keyVariable}`)).toEqual([
    "model http://litellm.linuxserver.lan/v1 LITELLM_CLIENT_KEY",
    "mcp http://litellm.linuxserver.lan/mcp/ LITELLM_CLIENT_KEY",
    "mcp http://litellm.linuxserver.lan/mcp/ LITELLM_CLIENT_KEY",
    "mcp https://litellm.ai-servicers.com/mcp/ LITELLM_CLIENT_KEY",
    "model http://litellm.linuxserver.lan/v1 LITELLM_CLIENT_KEY",
    "mcp http://litellm.linuxserver.lan/mcp/ LITELLM_CLIENT_KEY",
  ]);
});

const bearer = "Bearer ${LITELLM_CLIENT_KEY}";

test.each([
  [
    "claude",
    '      "url": "http://litellm.linuxserver.lan/mcp/",\n',
    "",
    /^3: .*litellm has neither a url nor a command/,
  ],
  ["codex", 'url = "http://litellm.linuxserver.lan/mcp/"\n', "", /^17: .*litellm has neither a url nor a command/],
  [
    "codex",
    'linuxserver.lan/mcp/"',
    'linuxserver.lan/mcp"',
    /^19: .*MCP is at \/mcp\/: without the slash LiteLLM redirects/,
  ],
  [
    "codex",
    "http://litellm.linuxserver.lan/v1",
    "https://litellm.linuxserver.lan/v1",
    /^12: .*is served over http, not over https/,
  ],
  ["codex", "linuxserver.lan/v1", "linuxserver.lan:4000/v1", /^12: .*served on port 80, not on port 4000/],
  ["codex", "linuxserver.lan/v1", "linuxserver.lan/api/v1", /^12: .*the model's API is at \/v1/],
  [
    "codex",
    "//litellm.linuxserver.lan/mcp/",
    "//gateway.example/mcp/",
    /^19: .*gateway\.example is not one of the policy's hosts/,
  ],
  ["codex", "required = true", "required = false", /^22: required is not true/],
  ["codex", "required = true\n", "", /^24: required is not true/],
  ["codex", "startup_timeout_sec = 30\n", "", /^24: startup_timeout_sec is not set, so 10/],
  ["codex", 'default_tools_approval_mode = "approve"\n', "", /^23: default_tools_approval_mode is not "approve"/],
  ["codex", 'wire_api = "responses"\n', "", /^13: wire_api is undefined/],
  ["codex", "startup_timeout_sec = 30", "startup_timeout_sec = 5", /^23: startup_timeout_sec is 5/],
  ["codex", 'wire_api = "responses"', 'wire_api = "chat"', /^15: wire_api is "chat"/],
  [
    "codex",
    'bearer_token_env_var = "LITELLM_CLIENT_KEY"',
    'bearer_token = "sk-1"',
    /^19: .*the key itself is in the config/,
  ],
  ["codex", 'bearer_token_env_var = "LITELLM_CLIENT_KEY"', "", /^19: .*no key is sent/],
  ["codex", "LITELLM_CLIENT_KEY", "LITELLM_MASTER_KEY", /does not let a client have LITELLM_MASTER_KEY/],
  ["claude", bearer, "Bearer sk-1", /^5: .*the key itself is in the config/],
  ["claude", bearer, "Basic abc", /is not a Bearer credential/],
  ["claude", '"type": "http"', '"type": "sse"', /^4: the type of litellm is "sse"/],
  ["claude", '"type": "http",\n      "url": "http:', '"url": "http:', /^4: the type of litellm is undefined/],
  ["claude", "ai-servicers.com/mcp/", "ai-servicers.com/mcp", /^10: .*without the slash/],
  ["claude", "${LITELLM_CLIENT_KEY}", "${SOME_KEY}", /SOME_KEY is not one of the policy's secrets/],
  [
    "open-webui",
    "OPENAI_API_KEY=${LITELLM_CLIENT_KEY}",
    "OPENAI_API_KEY=sk-1",
    /^4: .*the key itself is in the config/,
  ],
  ["open-webui", "OPENAI_API_KEY=${LITELLM_CLIENT_KEY}\n", "", /^4: .*no key is sent/],
  ["open-webui", '"auth_type":"bearer"', '"auth_type":"none"', /^10: auth_type is "none"/],
  ["open-webui", "MCP_INITIALIZE_TIMEOUT=30", "", /^10: MCP_INITIALIZE_TIMEOUT is not set, so 10/],
  ["open-webui", "MCP_INITIALIZE_TIMEOUT=30", "MCP_INITIALIZE_TIMEOUT=soon", /^13: MCP_INITIALIZE_TIMEOUT is soon/],
  ["open-webui", '[{"type":"mcp"', '{"type":"mcp"', /^10: TOOL_SERVER_CONNECTIONS is not a JSON list/],
] as const)("%s with %s replaced by %s: line and cause", (kind, find, replace, fault) => {
  expect(
    faultsOf(kind, find, replace).some((text) => fault.test(text)),
    faultsOf(kind, find, replace).join("\n"),
  ).toBe(true);
});

test("the clients of the status document's deployment have the master key", async () => {
  const asFound = await loadDeployment("deployments/as-found");
  for (const kind of ["codex", "claude", "open-webui"] as const)
    expect(faultsOf(kind, undefined, "", asFound)[0]).toMatch(
      /the policy does not let a client have LITELLM_MASTER_KEY/,
    );
});

test("a config without an address of the gateway has a fault", () => {
  const one = client("claude");
  const settings = clientSettings(one, "{}");
  expect(endpointFaults(settings, reference, { redirectsWithoutSlash: true })).toEqual([
    { what: "the config names no address of the gateway", location: { file: one.config, line: 1 } },
  ]);
});

test("a client may be meant to have some servers only, and may omit the slash where LiteLLM does not redirect", () => {
  const one = client("open-webui");
  const text = readFileSync(one.config, "utf8");
  const faultsAt = (path: string): string[] => {
    const settings = clientSettings(one, text.replaceAll("linuxserver.lan/mcp/", `linuxserver.lan${path}`));
    return endpointFaults(settings, reference, { redirectsWithoutSlash: false }).map(({ what }) => what);
  };
  for (const path of ["/mcp", "/mcp/postgres", "/mcp/postgres,filesystem", "/filesystem/mcp"])
    expect(faultsAt(path), path).toEqual([]);
  expect(faultsAt("/mcp/postgres,notes")).toEqual([
    "http://litellm.linuxserver.lan/mcp/postgres,notes: MCP is at /mcp/, and no server or access group is named notes",
  ]);
  expect(faultsAt("/sse")).toEqual(["http://litellm.linuxserver.lan/sse: MCP is at /mcp/"]);
});

test("a name that two entry points serve: a client may use either, by its scheme and port", () => {
  const hosts = reference.policy.hosts.flatMap((host) =>
    host.name === "litellm.linuxserver.lan" ? [{ ...host, scheme: "https" as const, port: 8443 }, host] : [host],
  );
  const both = { ...reference, policy: { ...reference.policy, hosts } };
  const http = "http://litellm.linuxserver.lan/v1";
  expect(faultsOf("codex", http, http, both)).toEqual([]);
  expect(faultsOf("codex", http, "https://litellm.linuxserver.lan:8443/v1", both)).toEqual([]);
  expect(faultsOf("codex", http, "https://litellm.linuxserver.lan/v1", both)).toEqual([
    "12: https://litellm.linuxserver.lan/v1: litellm.linuxserver.lan is served on port 8443, not on port 443",
  ]);
});
