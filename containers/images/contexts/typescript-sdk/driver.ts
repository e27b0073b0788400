/**
 * `mcp-client URL [TOOL ARGUMENTS]`: connects with the key in MCP_KEY, lists the tools, and calls one. Writes one line
 * of JSON per finished step: a step without a line did not succeed. Errors are left to Node, so that the output is what
 * a user of the SDK would see.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";

const [url = "", tool, input = "{}"] = process.argv.slice(2);
const transport = new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${process.env.MCP_KEY}` } },
});
const client = new Client({ name: "typescript-sdk", version: "1.0.0" }, { capabilities: {} });
// The SDK's own types disagree under exactOptionalPropertyTypes.
await client.connect(transport as Transport);
report({ connected: transport.protocolVersion ?? "connected" });
const { tools } = await client.listTools();
report({ tools: tools.map(({ name }) => name) });
// Like an agent, it calls only a tool that is listed.
if (tool !== undefined && tools.some(({ name }) => name === tool)) {
  const result = await client.callTool({ name: tool, arguments: JSON.parse(input) as Record<string, unknown> });
  const content = result.content as { text?: string }[];
  report({ text: content.map(({ text }) => text ?? "").join("\n"), isError: result.isError === true });
}
await client.close();

function report(step: object): void {
  process.stdout.write(`${JSON.stringify(step)}\n`);
}
