import type { OAuthClient } from "./oauth-client.ts";

/** Lists the tools of every server that Codex knows, by its application server: no model is asked. */
const listByCodex = `
const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");
const server = spawn("codex", ["app-server"], { stdio: ["pipe", "pipe", "ignore"] });
const send = (message) => server.stdin.write(JSON.stringify(message) + "\\n");
createInterface({ input: server.stdout }).on("line", (line) => {
  const message = JSON.parse(line);
  if (message.id === 1) {
    send({ method: "initialized" });
    send({ id: 2, method: "mcpServerStatus/list", params: {} });
  }
  if (message.id !== 2) return;
  const [one] = message.result?.data ?? [];
  if (one === undefined) console.log("error: " + JSON.stringify(message.error));
  else console.log(one.authStatus + ": " + (one.toolsError ?? Object.keys(one.tools).length + " tools"));
  server.kill();
});
send({ id: 1, method: "initialize", params: { clientInfo: { name: "conformance", version: "1" } } });
`;

/**
 * The Python SDK 1.x. Both of its versions send nothing else until a request has its status, and LiteLLM 1.106.2 holds back the
 * status of MCP's silent stream until that stream's first ping, after 15 s.
 */
export const pythonSdk1: OAuthClient = pythonSdk("python-sdk-1", "the Python SDK 1.x");

/** The Python SDK 2.x. */
export const pythonSdk2: OAuthClient = pythonSdk("python-sdk-2", "the Python SDK 2.x");

/** Codex: its login, and then a listing. */
export const codex: OAuthClient = {
  slug: "codex",
  title: "Codex",
  name: "Codex",
  machine: "codex",
  start: ({ url, clientId, redirect }, home) => ({
    command: ["codex", "mcp", "login", "gateway"],
    environment: { CODEX_HOME: `${home}/.codex` },
    file: {
      path: ".codex/config.toml",
      content: [
        "check_for_update_on_startup = false",
        `mcp_oauth_callback_port = ${new URL(redirect).port}`,
        'mcp_oauth_credentials_store = "file"',
        "[analytics]",
        "enabled = false",
        "[mcp_servers.gateway]",
        `url = ${JSON.stringify(url)}`,
        ...(clientId === undefined
          ? []
          : [
              "[mcp_servers.gateway.oauth]",
              `client_id = ${JSON.stringify(clientId)}`,
              // Its own has a path for each server.
              `callback_url = ${JSON.stringify(redirect)}`,
            ]),
        "",
      ].join("\n"),
    },
  }),
  list: (_task, home) => ({
    command: ["node", "-e", listByCodex],
    environment: { CODEX_HOME: `${home}/.codex` },
  }),
};

/** MCP Inspector's command line. */
export const inspector: OAuthClient = {
  slug: "mcp-inspector",
  title: "MCP Inspector",
  name: "MCP Inspector",
  machine: "inspector",
  start: ({ url, clientId, redirect }) => ({
    command: [
      ...["mcp-inspector", "--cli", url, "--transport", "http", "--method", "tools/list"],
      ...["--callback-url", redirect, ...(clientId === undefined ? [] : ["--client-id", clientId])],
    ],
    // Without a terminal it does not ask for a login otherwise.
    environment: { MCP_AUTO_OPEN_ENABLED: "true", MCP_INSPECTOR_SECRET_STORE: "memory" },
  }),
};

/** Claude Code: its login, which wants a terminal, and then the connection test of its list of servers, which lists the tools. */
export const claudeCode: OAuthClient = {
  slug: "claude-code",
  title: "Claude Code",
  name: "Claude Code",
  machine: "claude-code",
  isHeavy: true,
  start: ({ url, clientId, redirect }) => ({
    command: [
      "script",
      "--quiet",
      "--return",
      "--flush",
      "--command",
      "claude mcp login --no-browser gateway",
      "/dev/null",
    ],
    environment: withoutOtherTraffic,
    file: {
      path: ".claude.json",
      content: JSON.stringify({
        mcpServers: {
          gateway: {
            type: "http",
            url,
            oauth: { callbackPort: Number(new URL(redirect).port), ...(clientId === undefined ? {} : { clientId }) },
          },
        },
      }),
    },
  }),
  list: () => ({ command: ["claude", "mcp", "list"], environment: withoutOtherTraffic }),
};

/** Claude Code sends nothing but what a check asks for. */
const withoutOtherTraffic = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" };

/** The SDK's image has a program, `mcp-login`, that logs in by the SDK's own OAuth client. */
function pythonSdk(machine: string, title: string): OAuthClient {
  return {
    slug: machine,
    title,
    name: "MCP Python SDK",
    machine,
    start: ({ url, clientId, redirect }) => ({
      command: ["mcp-login", url, redirect, ...(clientId === undefined ? [] : [clientId])],
    }),
  };
}
