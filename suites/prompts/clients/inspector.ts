import { z } from "zod";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { errorLine } from "../../support/error-line.ts";
import type { ClientRun, McpClient } from "./client.ts";

const listing = z.object({ tools: z.array(z.object({ name: z.string() })) });
const result = z.object({
  content: z.array(z.object({ text: z.string().optional() })),
  isError: z.boolean().optional(),
});

/** MCP Inspector's command line. It takes the key as a header, and has an exit code for each kind of failure. */
export const inspector: McpClient = {
  slug: "mcp-inspector",
  title: "MCP Inspector",
  name: "MCP Inspector",
  version: ({ clients }) => clients.version("inspector"),
  async use({ clients }, { mcpUrl, key, call }) {
    const ask = async (...method: string[]) => {
      const command = ["mcp-inspector", "--cli", mcpUrl, "--transport", "http", "--method", ...method];
      const header = ["--header", `Authorization: Bearer ${key}`];
      // Its default of 15 s is too short on an overloaded machine.
      const timeout = ["--connect-timeout", String(deadlines.mcpRequest)];
      const run = await clients.run("inspector", [...command, ...timeout, ...header], {
        deadline: deadlines.agentTurn,
      });
      return { ...run, shownCommand: command.join(" ") };
    };
    const listed = await ask("tools/list");
    const tools = listing.safeParse(jsonOf(listed.stdout)).data?.tools.map(({ name }) => name);
    const runOf = (
      last: Awaited<ReturnType<typeof ask>>,
      rest: Pick<ClientRun, "result" | "callShown" | "shown" | "commands" | "took">,
    ): ClientRun => ({
      exitCode: last.exitCode,
      failed: last.exitCode !== 0,
      tools,
      command: last.shownCommand,
      ...rest,
    });
    if (listed.exitCode !== 0 || !tools?.includes(call.tool)) {
      const { id, took, stderr } = listed;
      return runOf(listed, { result: undefined, callShown: undefined, shown: errorLine(stderr), commands: [id], took });
    }
    const given = Object.entries(call.arguments).flatMap(([name, value]) => [
      "--tool-arg",
      `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    ]);
    const called = await ask("tools/call", "--tool-name", call.tool, ...given);
    const { content, isError = false } = result.safeParse(jsonOf(called.stdout)).data ?? {};
    const text = content?.map((part) => part.text ?? "").join("\n");
    return runOf(called, {
      result: text,
      callShown:
        text === undefined
          ? `exit code ${called.exitCode}: ${errorLine(called.stderr)}`
          : `exit code ${called.exitCode} and ${isError ? "a result that is marked as an error" : "a result"}: ${text}`,
      shown: called.exitCode === 0 ? undefined : errorLine(called.stderr),
      commands: [listed.id, called.id],
      took: listed.took + called.took,
    });
  },
};
