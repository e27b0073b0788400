/**
 * `mcp-client URL [TOOL ARGUMENTS]`: connects with the key in MCP_KEY, lists the tools, and calls one. Writes one line of
 * JSON a step, as soon as the step is done: what is missing did not happen. Errors are left to Node, so that what a user
 * of the SDK would see is what is seen.
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
say({ connected: transport.protocolVersion ?? "connected" });
const { tools } = await client.listTools();
say({ tools: tools.map(({ name }) => name) });
// As an agent would: what is not listed can't be called.
if (tool !== undefined && tools.some(({ name }) => name === tool)) {
  const result = await client.callTool({ name: tool, arguments: JSON.parse(input) as Record<string, unknown> });
  const content = result.content as { text?: string }[];
  say({ text: content.map(({ text }) => text ?? "").join("\n"), isError: result.isError === true });
}
await client.close();

function say(step: object): void {
  process.stdout.write(`${JSON.stringify(step)}\n`);
}
