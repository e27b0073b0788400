import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, ListToolsRequestSchema } from "@modelcontextprotocol/sdk/types.js";

/**
 * An MCP server with tools that accept any arguments and repeat them.
 *
 * @param name its name in `serverInfo`
 */
export function standInServer(name: string, tools: readonly string[]): Server {
  const server = new Server({ name: `stand-in-${name}`, version: "1.0.0" }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map((tool) => ({
      name: tool,
      description: `A stand-in for ${tool} of ${name}: it repeats its arguments.`,
      inputSchema: { type: "object", properties: {}, additionalProperties: true },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
    const { name: tool, arguments: input = {} } = params;
    if (!tools.includes(tool)) return { content: [{ type: "text", text: `no tool ${tool}` }], isError: true };
    return { content: [{ type: "text", text: `the stand-in's ${tool} got ${JSON.stringify(input)}` }] };
  });
  return server;
}
