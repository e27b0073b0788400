import { randomUUID } from "node:crypto";
import { readTranscript } from "../../../helpers/agents/codex-transcript.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { codexConfig, keysOf } from "../support/codex-config.ts";
import { type McpClient, type Rigs, tellingLine } from "./client.ts";

/**
 * Codex in a version, with a config of the suite's own: the least that makes it reach the gateway's models and its MCP.
 * The model's key is always the right one, so that what fails is MCP.
 */
export function codexClient(machine: "codex" | "codex-0.47"): McpClient {
  const on = ({ gateway, clients }: Rigs) => (machine === "codex" ? gateway : clients);
  return {
    name: "Codex",
    version: (rigs) => (machine === "codex" ? rigs.gateway.version(machine) : rigs.clients.version(machine)),
    async use(rigs, { mcpUrl, key, call }) {
      const { gateway } = rigs;
      const { modelUrl, ...deployed } = await codexConfig(gateway);
      const [modelKey] = Object.values(keysOf(gateway, { modelUrl, ...deployed }));
      const token = `matrix-${randomUUID()}`;
      const home = `/home/${token}`;
      await gateway.model.script(token, {
        includes: token,
        turns: [{ call: [call] }, { say: { from: "tool-results" } }],
      });
      const config = `
model = ${JSON.stringify(gateway.deployment.litellmConfig.models[0]?.value)}
model_provider = "gateway"
approval_policy = "never"
sandbox_mode = "read-only"
check_for_update_on_startup = false
[model_providers.gateway]
name = "gateway"
base_url = ${JSON.stringify(modelUrl)}
env_key = "MODEL_KEY"
wire_api = "responses"
[mcp_servers.gateway]
url = ${JSON.stringify(mcpUrl)}
bearer_token_env_var = "MCP_KEY"
required = true
default_tools_approval_mode = "approve"
startup_timeout_sec = 30
[features]
plugins = false
apps = false
[analytics]
enabled = false
`;
      const write = 'mkdir -p "$1/.codex" "$1/work" && printf %s "$2" > "$1/.codex/config.toml"';
      await on(rigs).run(machine, ["sh", "-c", write, "sh", home, config]);
      const command = ["codex", "exec", "--json", "--skip-git-repo-check", `${call.tool}, please (${token})`];
      const { exitCode, stdout, stderr, took } = await on(rigs).run(machine, command, {
        environment: { HOME: home, CODEX_HOME: `${home}/.codex`, MODEL_KEY: modelKey ?? "", MCP_KEY: key },
        workingDir: `${home}/work`,
        deadline: deadlines.agentTurn,
      });
      const transcript = readTranscript(stdout);
      const [asked] = await gateway.model.journal(token);
      const called = transcript.toolCalls.some(({ status }) => status === "completed");
      return {
        exitCode,
        failed: exitCode !== 0,
        // What the model is shown; Codex's own tools carry no server's name.
        tools: asked?.toolsOffered.filter((name) => /^(?:mcp__)?gateway(?:\.|__)/.test(name)),
        // 0.47 does not write a call's result down: what came back is what the model was given.
        result: called ? transcript.messages.at(-1) : undefined,
        shown: tellingLine(stderr, ...transcript.errors),
        command: command.join(" "),
        took,
      };
    },
  };
}
