import { describe } from "vitest";
import { type Broken, compose, litellm, policy, testFaults } from "./broken-deployment.ts";

/** With each of these LiteLLM 1.77.1 itself refuses to start. */
const broken: Broken[] = [
  {
    name: "an unknown transport",
    patches: [litellm("  postgres:\n    transport: stdio", "  postgres:\n    transport: stdoi")],
    file: "litellm/config.yaml",
    at: "stdoi",
    what: /mcp_servers\.postgres\.transport is 'stdoi', expected one of stdio, http, sse/,
  },
  {
    name: "a dash in an upstream's name",
    patches: [
      litellm("  filesystem:", "  file-system:"),
      policy("- name: filesystem", "- name: file-system"),
      policy("servers: [filesystem]", "servers: [file-system]"),
    ],
    file: "litellm/config.yaml",
    at: "file-system:",
    what: /'-', which separates server and tool/,
    fix: /file_system/,
  },
  {
    name: "a number in an upstream's environment",
    patches: [litellm("DATABASE_URI: os.environ/POSTGRES_MCP_URL", "DATABASE_URI: 5")],
    file: "litellm/config.yaml",
    at: "DATABASE_URI: 5",
    what: /env\.DATABASE_URI is 5, expected a text in quotes/,
  },
  {
    name: "an unknown auth_type",
    patches: [litellm("    command: postgres-mcp", "    command: postgres-mcp\n    auth_type: bearer")],
    file: "litellm/config.yaml",
    at: "auth_type",
    what: /auth_type is 'bearer', expected one of none, api_key, bearer_token/,
  },
  {
    name: "a spec_version that is a date",
    patches: [litellm("    command: postgres-mcp", "    command: postgres-mcp\n    spec_version: 2025-06-18")],
    file: "litellm/config.yaml",
    at: "spec_version",
    what: /is a date: LiteLLM 1\.77\.1 refuses to start/,
    fix: /quotes/,
  },
  {
    name: "settings without any, next to servers",
    patches: [
      litellm(
        "litellm_settings:\n  telemetry: false\n  # Keeps a scoped key from other servers' tools.\n  callbacks: scoped_keys.server_scope\n",
        "litellm_settings:\n",
      ),
    ],
    file: "litellm/config.yaml",
    at: "litellm_settings:",
    what: /is empty while there are mcp_servers/,
  },
  {
    name: "an included file that is not mounted",
    patches: [litellm("model_list:", "include: [models.yaml]\nmodel_list:")],
    file: "litellm/config.yaml",
    at: "include:",
    what: /\/app\/models\.yaml is not in the container/,
  },
  {
    name: "an include that is not a list",
    patches: [litellm("model_list:", "include: models.yaml\nmodel_list:")],
    file: "litellm/config.yaml",
    at: "include:",
    what: /include is not a list/,
  },
  {
    name: "an unset variable of LiteLLM",
    patches: [litellm("os.environ/POSTGRES_MCP_URL", "os.environ/POSTGRES_MPC_URL")],
    file: "litellm/config.yaml",
    at: "POSTGRES_MPC_URL",
    what: /'POSTGRES_MPC_URL' is not set/,
    fix: /POSTGRES_MCP_URL/,
  },
  {
    name: "a key function that is not defined",
    patches: [litellm("scoped_keys.authenticate", "scoped_keys.authenticat")],
    file: "litellm/config.yaml",
    at: "custom_auth",
    what: /'authenticat', which scoped_keys\.py does not define/,
    fix: /write 'authenticate'/,
  },
  {
    name: "a key function that is not async",
    patches: [{ file: "litellm/scoped_keys.py", find: "async def authenticate", replace: "def authenticate" }],
    file: "litellm/scoped_keys.py",
    at: "def authenticate",
    what: /is not an async function/,
  },
  {
    name: "a key module that is not mounted",
    patches: [litellm("scoped_keys.authenticate", "keys.authenticate")],
    file: "litellm/config.yaml",
    at: "custom_auth",
    what: /\/app\/keys\.py, which is not on a bind mount/,
    fix: /^write scoped_keys\.authenticate, which \S+compose\.yaml:\d+ mounts, or mount the module there/,
  },
  {
    name: "a config that is not mounted",
    patches: [compose("      - ./litellm/config.yaml:/app/config.yaml:ro\n", "")],
    file: "compose.yaml",
    at: 'command: ["--config"',
    what: /\/app\/config\.yaml is not in the container of 'litellm'/,
  },
  {
    name: "a config that is mounted under another name",
    patches: [compose("config.yaml:/app/config.yaml:ro", "config.yaml:/app/config.yml:ro")],
    file: "compose.yaml",
    at: 'command: ["--config"',
    what: /\/app\/config\.yaml is not in the container of 'litellm'/,
    fix: /^name \/app\/config\.yml here, where \S+compose\.yaml:\d+ mounts a config of LiteLLM, or mount that on \/app\/config\.yaml/,
  },
  {
    name: "a config in a directory that is mounted elsewhere",
    patches: [compose("./litellm/config.yaml:/app/config.yaml:ro", "./litellm:/app/config:ro")],
    file: "compose.yaml",
    at: 'command: ["--config"',
    what: /\/app\/config\.yaml is not in the container of 'litellm'/,
    fix: /^name \/app\/config\/config\.yaml here, where \S+compose\.yaml:\d+ mounts a config/,
  },
  {
    name: "a mistyped --config",
    patches: [compose('"--config"', '"--confg"')],
    file: "compose.yaml",
    at: 'command: ["--confg"',
    what: /LiteLLM has no option '--confg', and does not start with it/,
    fix: /^write '--config'/,
  },
  {
    name: "a model without provider",
    patches: [litellm("      model: openai/gpt-5-mini\n", "")],
    file: "litellm/config.yaml",
    at: "nowhere",
    what: /'model' is missing in model_list\[1\]\.litellm_params/,
  },
];

describe("a faulty deployment", () => {
  testFaults(broken);
});
