import { randomUUID } from "node:crypto";
import { z } from "zod";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { errorLine } from "../../support/error-line.ts";
import { codexConfig } from "../support/codex-config.ts";
import type { McpClient } from "./client.ts";

const init = z.looseObject({
  type: z.literal("system"),
  subtype: z.literal("init"),
  tools: z.array(z.string()),
  mcp_servers: z.array(z.looseObject({ name: z.string(), status: z.string() })),
});
const toolResult = z.looseObject({
  type: z.literal("user"),
  message: z.looseObject({
    content: z.array(z.looseObject({ type: z.string(), content: z.unknown(), is_error: z.boolean().optional() })),
  }),
});

/**
 * Claude Code. Its exit code is 0 whenever the model answers: only the server's status in its first event shows whether MCP
 * works. Its model is the gateway's, by the Messages API, with the master key, so that only MCP can fail.
 */
export const claudeCode: McpClient = {
  slug: "claude-code",
  title: "Claude Code",
  name: "Claude Code",
  isHeavy: true,
  version: ({ clients }) => clients.version("claude-code"),
  async use({ gateway, clients }, { mcpUrl, key, call }) {
    const token = `claude-${randomUUID()}`;
    await gateway.model.script(token, {
      includes: token,
      turns: [{ call: [call] }, { say: { from: "tool-results" } }],
    });
    // Claude Code itself replaces the variable, as in the deployment's settings.
    const headers = { Authorization: "Bearer ${MCP_KEY}" };
    const config = JSON.stringify({ mcpServers: { gateway: { type: "http", url: mcpUrl, headers } } });
    const command = [
      ...["claude", "-p", `${call.tool}, please (${token})`, "--model", (await codexConfig(gateway)).model],
      ...["--mcp-config", config, "--strict-mcp-config", "--allowedTools", "mcp__gateway"],
      ...["--output-format", "stream-json", "--verbose"],
    ];
    const { id, exitCode, stdout, stderr, took } = await clients.run("claude-code", command, {
      environment: {
        HOME: `/home/${token}`,
        MCP_KEY: key,
        ANTHROPIC_BASE_URL: gateway.url(""),
        ANTHROPIC_AUTH_TOKEN: gateway.masterKey,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        ENABLE_TOOL_SEARCH: "false",
        MAX_THINKING_TOKENS: "0",
        MCP_TIMEOUT: "60000",
      },
      deadline: deadlines.agentTurn,
    });
    const events = stdout.split("\n").map(jsonOf);
    const first = events.flatMap((event) => init.safeParse(event).data ?? [])[0];
    const status = first?.mcp_servers.find(({ name }) => name === "gateway")?.status;
    const results = events
      .flatMap((event) => toolResult.safeParse(event).data?.message.content ?? [])
      .filter(({ type }) => type === "tool_result")
      .map(({ content, is_error }) => ({ isError: is_error === true, text: JSON.stringify(content) }));
    const [called] = results;
    const connected = status === "connected";
    return {
      exitCode,
      failed: !connected,
      tools: connected ? first?.tools.filter((name) => name.startsWith("mcp__gateway__")) : undefined,
      result: results.length === 0 ? undefined : results.map(({ text }) => text).join("\n"),
      callShown: called && `${called.isError ? "a result that is marked as an error" : "a result"}: ${called.text}`,
      shown: connected ? undefined : `the status of its MCP server: ${status ?? errorLine(stderr) ?? "none"}`,
      command: command.join(" "),
      commands: [id],
      took,
    };
  },
};
