import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type McpClient, stepsOf, tellingLine } from "./client.ts";

/** A client built on an SDK: its image has a driver, `mcp-client`, that writes one line of JSON a step. */
export function sdkClient(name: string, machine: string): McpClient {
  return {
    name,
    version: ({ clients }) => clients.version(machine),
    async use({ clients }, { mcpUrl, key, call }) {
      const command = ["mcp-client", mcpUrl, call.tool, JSON.stringify(call.arguments)];
      const { exitCode, stdout, stderr, took } = await clients.run(machine, command, {
        environment: { MCP_KEY: key },
        // The Python SDK waits for ever for an answer that is no MCP.
        deadline: deadlines.mcpRequest,
      });
      const steps = stepsOf(stdout);
      const tools = steps.find((step) => step.tools !== undefined)?.tools;
      const result = steps.find((step) => step.text !== undefined)?.text;
      const shown = exitCode === 0 ? undefined : tellingLine(stderr);
      return { exitCode, failed: exitCode !== 0, tools, result, shown, command: command.join(" "), took };
    },
  };
}
