import { z } from "zod";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { type McpClient, tellingLine } from "./client.ts";

const listing = z.object({ tools: z.array(z.object({ name: z.string() })) });
const result = z.object({ content: z.array(z.object({ text: z.string().optional() })) });

/** MCP Inspector's command line. It takes the key in a header's text, and ends with another code for each kind of failure. */
export const inspector: McpClient = {
  name: "MCP Inspector",
  version: ({ clients }) => clients.version("inspector"),
  async use({ clients }, { mcpUrl, key, call }) {
    const ask = async (...method: string[]) => {
      const command = ["mcp-inspector", "--cli", mcpUrl, "--transport", "http", "--method", ...method];
      const header = ["--header", `Authorization: Bearer ${key}`];
      // Its own 15 s are too few on a busy machine.
      const patience = ["--connect-timeout", String(deadlines.mcpRequest)];
      const ran = await clients.run("inspector", [...command, ...patience, ...header], {
        deadline: deadlines.agentTurn,
      });
      return { ...ran, failed: ran.exitCode !== 0, command: command.join(" ") };
    };
    const listed = await ask("tools/list");
    const tools = listing.safeParse(jsonOf(listed.stdout)).data?.tools.map(({ name }) => name);
    const shown = tellingLine(listed.stderr);
    if (listed.exitCode !== 0 || !tools?.includes(call.tool)) return { ...listed, tools, result: undefined, shown };
    const given = Object.entries(call.arguments).flatMap(([name, value]) => ["--tool-arg", `${name}=${String(value)}`]);
    const called = await ask("tools/call", "--tool-name", call.tool, ...given);
    const content = result.safeParse(jsonOf(called.stdout)).data?.content;
    return {
      ...called,
      tools,
      result: content?.map(({ text }) => text ?? "").join("\n"),
      shown: called.exitCode === 0 ? undefined : tellingLine(called.stderr),
      took: listed.took + called.took,
    };
  },
};
