import { randomUUID } from "node:crypto";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { errorLine } from "../../support/error-line.ts";
import { chatAccessOfAgent } from "../support/chat-request.ts";
import { type McpClient, stepsOf } from "./client.ts";

/**
 * The real Open WebUI, through its HTTP API: the plain chat of the status document, and one with the gateway's tools
 * switched on. With MCP down, a chat silently succeeds without tools: only its verification of the tool server shows the
 * failure.
 */
export const openWebUi: McpClient = {
  slug: "open-webui",
  title: "Open WebUI",
  name: "Open WebUI",
  isHeavy: true,
  version: ({ clients }) => clients.version("open-webui"),
  async use({ gateway, clients }, { mcpUrl, key, call }) {
    const { url, key: modelKey, model } = await chatAccessOfAgent(gateway);
    const [plain, withTools] = [`plain-${randomUUID()}`, `tools-${randomUUID()}`];
    await Promise.all([
      gateway.model.script(plain, { includes: plain, turns: [{ say: "You can list databases with \\l in psql." }] }),
      gateway.model.script(withTools, {
        includes: withTools,
        turns: [{ call: [call] }, { say: { from: "tool-results" } }],
      }),
    ]);
    const command = ["mcp-client", mcpUrl, call.tool];
    const { id, exitCode, stdout, stderr, took } = await clients.run("open-webui", command, {
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
    // A client that did not start shows nothing about the gateway.
    if (!steps.some((step) => step.models !== undefined))
      throw new Error(`Open WebUI did not start: ${stderr.slice(-600)}`);
    const [asked] = await gateway.model.journal(plain);
    const refused = steps.find((step) => step.refused !== undefined)?.refused;
    const text = steps.find((step) => step.text !== undefined)?.text;
    return {
      exitCode,
      failed: exitCode !== 0 || refused !== undefined,
      tools: steps.find((step) => step.tools !== undefined)?.tools,
      result: text,
      callShown: text === undefined ? undefined : `an answer: ${text}`,
      shown: refused ?? (exitCode === 0 ? undefined : errorLine(stderr)),
      note:
        asked === undefined
          ? "the model got no request from its plain chat"
          : `its plain chat offered the model ${asked.toolsOffered.length} tools of its own and ${gatewayTools(asked.toolsOffered)} of the gateway's`,
      command: command.join(" "),
      commands: [id],
      took,
    };
  },
};

/** Open WebUI prefixes each tool with the server's id. */
function gatewayTools(offered: readonly string[]): number {
  return offered.filter((name) => name.startsWith("gateway_")).length;
}
