import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { FetchLike, Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { deadlines } from "../core/deadlines.ts";
import type { RecordingClient } from "./recording-client.ts";

/** How the suite introduces itself to MCP servers. */
const clientInfo = { name: "gateway-conformance", version: "1.0.0" };

/**
 * The official SDK's client, connected (initialized) to an MCP endpoint over streamable HTTP; every exchange is recorded
 * on the wire.
 *
 * @param key sent as `Authorization: Bearer`; undefined sends none
 * @throws {Error} as the SDK does when the handshake fails
 */
export async function connectOverHttp(wire: RecordingClient, url: string, key: string | undefined): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch: wire.fetch as unknown as FetchLike,
    requestInit: { headers: key === undefined ? {} : { Authorization: `Bearer ${key}` } },
    // A broken stream is a finding, not something to be healed behind the check's back.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 0,
      maxReconnectionDelay: 0,
      reconnectionDelayGrowFactor: 1,
    },
  });
  return await connectOver(transport);
}

/** The same client over any transport, e.g. a stdio server's. */
export async function connectOver(transport: Transport): Promise<Client> {
  const client = new Client(clientInfo, { capabilities: {} });
  await client.connect(transport, { timeout: deadlines.mcpRequest });
  return client;
}

/** How many pages a listing may have: a cursor that repeats for ever must end in a failure, not in a hang. */
const mostPages = 100;

/**
 * All pages of `tools/list`.
 *
 * @throws {Error} when a cursor repeats or there is no end to the pages
 */
export async function listTools(client: Client): Promise<Tool[]> {
  const tools: Tool[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const result = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: deadlines.mcpRequest });
    tools.push(...result.tools);
    cursor = result.nextCursor;
    if (cursor === undefined) return tools;
    if (seen.has(cursor)) throw new Error(`tools/list: the cursor ${JSON.stringify(cursor)} came twice`);
    seen.add(cursor);
  }
  throw new Error(`tools/list: more than ${mostPages} pages`);
}
