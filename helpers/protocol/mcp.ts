import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { FetchLike, Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { deadlines } from "../core/deadlines.ts";
import type { RecordingClient } from "./recording-client.ts";

/** `clientInfo` of the suite's `initialize` requests. */
const clientInfo = { name: "gateway-conformance", version: "1.0.0" };

/**
 * The official SDK's client, connected (initialized) to an MCP endpoint over streamable HTTP. Every exchange is
 * recorded.
 *
 * @param http sends and records the requests
 * @param key sent as `Authorization: Bearer`; undefined sends no credential
 * @throws {Error} the SDK's own error when the handshake fails
 */
export async function connectOverHttp(http: RecordingClient, url: string, key: string | undefined): Promise<Client> {
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    fetch: http.fetch as unknown as FetchLike,
    requestInit: { headers: key === undefined ? {} : { Authorization: `Bearer ${key}` } },
    // The check must see a broken stream: the SDK must not reconnect.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 0,
      maxReconnectionDelay: 0,
      reconnectionDelayGrowFactor: 1,
    },
  });
  return await connectOver(transport);
}

/**
 * The official SDK's client, connected (initialized) over any transport, e.g. that of a stdio server.
 *
 * @throws {Error} the SDK's own error when the handshake fails
 */
export async function connectOver(transport: Transport): Promise<Client> {
  const client = new Client(clientInfo, { capabilities: {} });
  await client.connect(transport, { timeout: deadlines.mcpRequest });
  return client;
}

/** The most pages that a listing may have: a listing without an end must fail, not hang. */
const maxPages = 100;

/**
 * All tools of `tools/list`, from every page.
 *
 * @throws {Error} when a cursor repeats, or when there are more than 100 pages
 */
export async function listTools(client: Client): Promise<Tool[]> {
  const tools: Tool[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const result = await client.listTools(cursor === undefined ? {} : { cursor }, { timeout: deadlines.mcpRequest });
    tools.push(...result.tools);
    cursor = result.nextCursor;
    if (cursor === undefined) return tools;
    if (seen.has(cursor)) throw new Error(`tools/list: the cursor ${JSON.stringify(cursor)} was returned twice`);
    seen.add(cursor);
  }
  throw new Error(`tools/list: more than ${maxPages} pages`);
}
