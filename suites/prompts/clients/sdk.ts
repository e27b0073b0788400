import { deadlines } from "../../../helpers/core/deadlines.ts";
import { errorLine } from "../../support/error-line.ts";
import { type McpClient, stepsOf } from "./client.ts";

/** A client built on an SDK: its image has a driver, `mcp-client`, that writes one line of JSON per step. */
export function sdkClient({
  machine,
  ...names
}: Pick<McpClient, "slug" | "title" | "name"> & { machine: string }): McpClient {
  return {
    ...names,
    version: ({ clients }) => clients.version(machine),
    async use({ clients }, { mcpUrl, key, call }) {
      const command = ["mcp-client", mcpUrl, call.tool, JSON.stringify(call.arguments)];
      const { id, exitCode, stdout, stderr, took } = await clients.run(machine, command, {
        environment: { MCP_KEY: key },
        // The Python SDK waits forever for a response that is not MCP.
        deadline: deadlines.mcpRequest,
      });
      const steps = stepsOf(stdout);
      const called = steps.find((step) => step.text !== undefined);
      const listed = steps.find((step) => step.tools !== undefined);
      return {
        exitCode,
        failed: exitCode !== 0,
        tools: listed?.tools,
        result: called?.text,
        callShown:
          called === undefined
            ? listed && exitCode !== 0
              ? `an exception: ${errorLine(stderr)}`
              : undefined
            : `${called.isError ? "a result that is marked as an error" : "a result"}: ${called.text}`,
        shown: exitCode === 0 ? undefined : errorLine(stderr),
        command: command.join(" "),
        commands: [id],
        took,
      };
    },
  };
}
