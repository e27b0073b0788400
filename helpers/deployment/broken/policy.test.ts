import { describe } from "vitest";
import { type Broken, compose, env, policy, testFaults } from "./broken-deployment.ts";

const broken: Broken[] = [
  {
    name: "a login by a service that compose.yaml lacks",
    patches: [
      policy(
        "hosts:\n",
        `authorization:
  issuer: https://auth.ai-servicers.com/realms/gateway
  provider: postgres
  proxy: oauth2-prox
  resource: https://litellm.ai-servicers.com/mcp
  client: { id: mcp-client, redirect: "http://127.0.0.1/callback" }
  user: { name: alice, password: POSTGRES_PASSWORD }
  access_token_seconds: 300
  session_seconds: 300

hosts:
`,
      ),
    ],
    file: "policy.yaml",
    at: "authorization:",
    what: /authorization\.proxy is 'oauth2-prox', which compose\.yaml does not have/,
  },
  {
    name: "an unknown key",
    patches: [policy("injected:\n", "inject:\n")],
    file: "policy.yaml",
    at: "inject:",
    what: /unknown key 'inject'/,
    fix: /write 'injected'/,
  },
  {
    name: "a missing key",
    patches: [policy(", zone: internal", "")],
    file: "policy.yaml",
    at: "{ name: litellm.linuxserver.lan",
    what: /'zone' is missing in hosts\[0\]/,
  },
  {
    name: "a wrong word",
    patches: [policy("kind: salt", "kind: pepper")],
    file: "policy.yaml",
    at: "pepper",
    what: /secrets\[3\]\.kind is 'pepper', expected one of api-key/,
  },
  {
    name: "a service that compose.yaml lacks",
    patches: [policy("  litellm: litellm", "  litellm: lite")],
    file: "policy.yaml",
    at: "litellm: lite",
    what: /services\.litellm is 'lite', which compose\.yaml does not have/,
  },
  {
    name: "a host without an entry point",
    patches: [policy("entry_point: web, ", "")],
    file: "policy.yaml",
    at: "name: litellm.linuxserver.lan",
    what: /names no entry point/,
    fix: /web, websecure/,
  },
  {
    name: "a host twice on one entry point",
    patches: [
      policy(
        "name: litellm.ai-servicers.com, entry_point: websecure",
        "name: litellm.linuxserver.lan, entry_point: web",
      ),
    ],
    file: "policy.yaml",
    at: "zone: external",
    what: /the host 'litellm\.linuxserver\.lan on web' is listed a second time/,
    faults: 2,
  },
  {
    name: "a public path over the injected route",
    patches: [policy("path: /sso/key/generate, status", "path: /schedule, below: true, status")],
    file: "policy.yaml",
    at: "- path: /schedule/model",
    what: /covered by the public path '\/schedule'/,
  },
  {
    name: "a public path over MCP",
    patches: [policy("path: /docs,", "path: /mcp, below: true,")],
    file: "policy.yaml",
    at: "path: /mcp, below",
    what: /opens MCP to everyone/,
  },
  {
    name: "a public path with a query",
    patches: [policy("path: /docs,", "path: /docs?x=1,")],
    file: "policy.yaml",
    at: "/docs?x=1",
    what: /contains a query/,
  },
  {
    name: "a public path with an encoding",
    patches: [policy("path: /docs,", "path: /d%6Fcs,")],
    file: "policy.yaml",
    at: "/d%6Fcs",
    what: /encoded character/,
  },
  {
    name: "a public path with a slash at its end",
    patches: [policy("path: /swagger,", "path: /swagger/,")],
    file: "policy.yaml",
    at: "/swagger/,",
    what: /ends with a slash/,
    fix: /'\/swagger'/,
  },
  {
    name: "a public path twice",
    patches: [policy("path: /docs,", "path: /openapi.json,")],
    file: "policy.yaml",
    at: "what the API documentation shows",
    what: /public path '\/openapi\.json' is listed a second time/,
  },
  {
    name: "a scoped key with an unknown secret",
    patches: [policy("secret: LITELLM_FILES_KEY", "secret: LITELLM_FILE_KEY")],
    file: "policy.yaml",
    at: "secret: LITELLM_FILE_KEY",
    what: /scoped key 'LITELLM_FILE_KEY' is not an api-key under 'secrets'/,
  },
  {
    name: "a scoped key for an unknown server",
    patches: [policy("servers: [filesystem]", "servers: [files]")],
    file: "policy.yaml",
    at: "servers: [files]",
    what: /names the server 'files', which is not under 'upstreams'/,
    fix: /postgres, filesystem/,
  },
  {
    name: "a scoped key outside of the endpoint",
    patches: [policy("path: /mcp/filesystem", "path: /v1/filesystem")],
    file: "policy.yaml",
    at: "path: /v1/filesystem",
    what: /is not below mcp\.endpoint/,
  },
  {
    name: "an injected route with an unknown secret",
    patches: [policy("    secret: LITELLM_STATUS_KEY", "    secret: STATUS_KEY")],
    file: "policy.yaml",
    at: "- path: /schedule",
    what: /names the secret 'STATUS_KEY', which is not under 'secrets'/,
  },
  {
    name: "an injected route on an unknown host",
    patches: [policy("    hosts: [litellm.linuxserver.lan]", "    hosts: [litellm.lan]")],
    file: "policy.yaml",
    at: "- path: /schedule",
    what: /host 'litellm\.lan', which is not under 'hosts'/,
  },
  {
    name: "an injected secret that may not be in labels",
    patches: [policy("[litellm.environment, traefik.labels, traefik.api]", "[litellm.environment, traefik.api]")],
    file: "policy.yaml",
    at: "LITELLM_STATUS_KEY, kind",
    what: /may not be in traefik\.labels, but it is injected/,
  },
  {
    name: "a DSN that is not a Postgres URL",
    patches: [env("POSTGRES_MCP_URL=postgresql://", "POSTGRES_MCP_URL=mysql://")],
    file: "litellm.env.example",
    at: "POSTGRES_MCP_URL=",
    what: /is not a Postgres URL/,
  },
  {
    name: "a healthcheck without CMD or CMD-SHELL",
    patches: [compose('test: ["CMD", "pg_isready"', 'test: ["pg_isready"')],
    file: "compose.yaml",
    at: 'test: ["pg_isready"',
    what: /healthcheck\.test begins with 'pg_isready'/,
    fix: /\[CMD, pg_isready/,
  },
  {
    name: "a secret allowed in a service that does not exist",
    patches: [policy("[litellm.environment, postgres.environment]", "[litellm.environment, postgress.environment]")],
    file: "policy.yaml",
    at: "postgress.environment",
    what: /may be in postgress\.environment, but 'postgress' is not a service/,
    fix: /postgres/,
  },
  {
    name: "a secret allowed in an unknown place",
    patches: [policy("kind: salt, may_be_in: [litellm.environment]", "kind: salt, may_be_in: [anywhere]")],
    file: "policy.yaml",
    at: "may_be_in: [anywhere]",
    what: /<whose>\.environment/,
  },
  {
    name: "a salt allowed outside of LiteLLM",
    patches: [policy("kind: salt, may_be_in: [litellm.environment]", "kind: salt, may_be_in: [client.environment]")],
    file: "policy.yaml",
    at: "kind: salt",
    what: /only LiteLLM needs/,
  },
  {
    name: "a tool twice",
    patches: [policy("- write_file", "- edit_file")],
    file: "policy.yaml",
    at: "- name: filesystem",
    what: /tool of filesystem 'edit_file' is listed a second time/,
  },
  {
    name: "a client without a config file, which the suite can't write one for",
    patches: [policy(", config: clients/claude/mcp-settings.json", "")],
    file: "policy.yaml",
    at: "name: claude",
    what: /the client 'claude' has no 'config'/,
  },
  {
    name: "a Codex without a config file and without a key",
    patches: [policy(", config: clients/codex/config.toml", "")],
    file: "policy.yaml",
    at: "name: codex",
    what: /the client 'codex' has no 'config'/,
    fix: /or a 'key'/,
  },
  {
    name: "a client with a config file and a key",
    patches: [policy("config: clients/codex", "key: LITELLM_CLIENT_KEY, config: clients/codex")],
    file: "policy.yaml",
    at: "name: codex",
    what: /has a 'config' and also a 'key'/,
  },
  {
    name: "a client's key that is not a secret",
    patches: [policy("config: clients/codex/config.toml", "key: LITELLM_CLENT_KEY")],
    file: "policy.yaml",
    at: "name: codex",
    what: /the key 'LITELLM_CLENT_KEY' of the client 'codex' is not an api-key/,
    fix: /write 'LITELLM_CLIENT_KEY'/,
  },
  {
    name: "traffic to a service that does not exist",
    patches: [policy("to: postgres, ports", "to: postgress, ports")],
    file: "policy.yaml",
    at: "to: postgress",
    what: /'to: postgress' is neither/,
    fix: /write 'postgres'/,
  },
  {
    name: "a missing firewall file",
    patches: [{ file: "firewall.nft", remove: true }],
    file: "firewall.nft",
    at: undefined,
    what: /is missing/,
    fix: /firewall\.file/,
  },
  {
    name: "a counter that the firewall lacks",
    patches: [policy("counter: denied_lan", "counter: denied_lam")],
    file: "policy.yaml",
    at: "denied_lam",
    what: /no counter 'denied_lam'/,
    fix: /denied_lan/,
  },
  {
    name: "one name for two interfaces",
    patches: [policy("lan: lan0", "lan: br-traefik")],
    file: "policy.yaml",
    at: "firewall:",
    what: /br-traefik is the name of the LAN's interface and of the network traefik-net's/,
  },
  {
    name: "an interface with too long a name",
    patches: [policy("lan: lan0", "lan: an-interface-of-the-lan")],
    file: "policy.yaml",
    at: "an-interface-of-the-lan",
    what: /at most 15 characters/,
  },
  {
    name: "two denials of one source",
    patches: [policy("from: outside, by: drop", "from: lan, by: drop")],
    file: "policy.yaml",
    at: "from: lan, by: drop",
    what: /the denial of 'lan' is listed a second time/,
  },
  {
    name: "an identity that is granted no upstream of the policy",
    patches: [policy("models:\n", "identities:\n  - { name: agent, servers: [filesytem] }\nmodels:\n")],
    file: "policy.yaml",
    at: "name: agent",
    what: /the identity 'agent' is granted 'filesytem'/,
    fix: /write 'filesystem'/,
  },
  {
    name: "an identity that may use no model of the policy",
    patches: [policy("models:\n", "identities:\n  - { name: agent, models: [gpt-6] }\nmodels:\n")],
    file: "policy.yaml",
    at: "name: agent",
    what: /the identity 'agent' may use 'gpt-6'/,
  },
  {
    name: "an identity that is listed twice",
    patches: [policy("models:\n", "identities:\n  - { name: agent }\n  - { name: agent, servers: [] }\nmodels:\n")],
    file: "policy.yaml",
    at: "name: agent, servers",
    what: /the identity 'agent' is listed a second time/,
  },
  {
    name: "a challenge on a 404",
    patches: [policy("{ status: 401, challenge: Bearer }", "{ status: 404, challenge: Bearer }")],
    file: "policy.yaml",
    at: "status: 404, challenge",
    what: /belongs to a 401/,
  },
];

describe("a faulty deployment", () => {
  testFaults(broken);
});
