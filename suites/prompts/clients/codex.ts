import { randomUUID } from "node:crypto";
import { readTranscript, type Transcript } from "../../../helpers/agents/codex-transcript.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { errorLine } from "../../support/error-line.ts";
import { codexConfig, keysOf } from "../support/codex-config.ts";
import { ownCodexConfig } from "../support/own-codex-config.ts";
import type { ClientTargets, McpClient } from "./client.ts";

/**
 * A version of Codex, with the suite's own config: the shortest one that uses the gateway's models and MCP. The model's key
 * is always the right one, so that only MCP can fail.
 */
export function codexClient({
  slug,
  title,
  machine,
}: Pick<McpClient, "slug" | "title"> & { machine: "codex" | "codex-0.47" }): McpClient {
  const machineOwner = ({ gateway, clients }: ClientTargets) => (machine === "codex" ? gateway : clients);
  return {
    slug,
    title,
    name: "Codex",
    version: (targets) => machineOwner(targets).version(machine),
    async use(targets, { mcpUrl, key, call }) {
      const { gateway } = targets;
      const deployed = await codexConfig(gateway);
      const [modelKey] = Object.values(keysOf(gateway, deployed));
      const token = `matrix-${randomUUID()}`;
      const home = `/home/${token}`;
      await gateway.model.script(token, {
        includes: token,
        turns: [{ call: [call] }, { say: { from: "tool-results" } }],
      });
      const config = ownCodexConfig({
        model: deployed.model,
        modelUrl: deployed.modelUrl,
        modelKey: "MODEL_KEY",
        mcpUrl,
        mcpKey: "MCP_KEY",
      });
      const write = 'mkdir -p "$1/.codex" "$1/work" && printf %s "$2" > "$1/.codex/config.toml"';
      await machineOwner(targets).run(machine, ["sh", "-c", write, "sh", home, config]);
      const command = ["codex", "exec", "--json", "--skip-git-repo-check", `${call.tool}, please (${token})`];
      const { id, exitCode, stdout, stderr, took } = await machineOwner(targets).run(machine, command, {
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
        // Codex's own tools have no server's name as a prefix.
        tools: asked?.toolsOffered.filter((name) => /^(?:mcp__)?gateway(?:\.|__)/.test(name)),
        // 0.47 does not print a call's result; the scripted model repeats what it got.
        result: called ? transcript.messages.at(-1) : undefined,
        callShown: callShown(transcript),
        shown: errorLine(stderr, ...transcript.errors),
        command: command.join(" "),
        commands: [id],
        took,
      };
    },
  };
}

/** The status of the call, as Codex shows it, and what the model got of it: 0.47 shows no result, so that it is the model's answer. */
function callShown({ toolCalls, messages }: Transcript): string | undefined {
  const [call] = toolCalls;
  if (call === undefined) return undefined;
  return `a call that ${call.status === "completed" ? "succeeded" : call.status === "failed" ? "failed" : "did not end"}: ${call.error ?? (call.resultText || (messages.at(-1) ?? ""))}`;
}
