import { randomUUID } from "node:crypto";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { chatAim } from "../support/chat-request.ts";
import { type McpClient, stepsOf, tellingLine } from "./client.ts";

/**
 * The real Open WebUI, through its HTTP API: the plain chat of the status document, and one with the gateway's tools
 * switched on. With MCP down a chat succeeds without tools and without a word: its verification of the tool server is what
 * tells.
 */
export const openWebUi: McpClient = {
  name: "Open WebUI",
  version: ({ clients }) => clients.version("open-webui"),
  async use({ gateway, clients }, { mcpUrl, key, call }) {
    const { url, key: modelKey, model } = await chatAim(gateway);
    const [plain, withTools] = [`plain-${randomUUID()}`, `tools-${randomUUID()}`];
    await Promise.all([
      gateway.model.script(plain, { includes: plain, turns: [{ say: "You can list databases with \\l in psql." }] }),
      gateway.model.script(withTools, {
        includes: withTools,
        turns: [{ call: [call] }, { say: { from: "tool-results" } }],
      }),
    ]);
    const command = ["mcp-client", mcpUrl, call.tool];
    const { exitCode, stdout, stderr, took } = await clients.run("open-webui", command, {
      environment: {
        MODEL_URL: url,
        MODEL_KEY: modelKey,
        MODEL: model,
        MCP_KEY: key,
        PLAIN_PROMPT: `list my PostgreSQL databases (${plain})`,
        TOOLS_PROMPT: `list my PostgreSQL databases (${withTools})`,
        WAIT: String(deadlines.gatewayStart / 1000),
      },
      deadline: deadlines.gatewayStart + deadlines.agentTurn,
    });
    const steps = stepsOf(stdout);
    // A client that did not even start has told nothing of the gateway.
    if (!steps.some((step) => step.models !== undefined))
      throw new Error(`Open WebUI did not start: ${stderr.slice(-600)}`);
    const [asked] = await gateway.model.journal(plain);
    const refused = steps.find((step) => step.refused !== undefined)?.refused;
    return {
      exitCode,
      failed: exitCode !== 0 || refused !== undefined,
      tools: steps.find((step) => step.tools !== undefined)?.tools,
      result: steps.find((step) => step.text !== undefined)?.text,
      shown: refused ?? (exitCode === 0 ? undefined : tellingLine(stderr)),
      note:
        asked === undefined
          ? "its plain chat never reached the model"
          : `its plain chat showed the model ${asked.toolsOffered.length} tools of its own and ${gateways(asked.toolsOffered)} of the gateway's`,
      command: command.join(" "),
      took,
    };
  },
};

/** Open WebUI puts the server's id before each tool. */
function gateways(offered: readonly string[]): number {
  return offered.filter((name) => name.startsWith("gateway_")).length;
}
