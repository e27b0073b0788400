import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { FetchLike, Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { deadlines } from "../core/deadlines.ts";
import { renewingSession } from "./mcp-session.ts";
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
  return await connectOver(
    streamableHttp(http, url, key === undefined ? undefined : { Authorization: `Bearer ${key}` }),
  );
}

/** An MCP server that is reached by HTTP. */
export interface McpServer {
  /** `http` is streamable HTTP, which is the default, `sse` the transport before it. */
  transport?: "http" | "sse";
  url: string;
  /** Sent with every request. */
  headers?: ReadonlyMap<string, string>;
}

/**
 * The official SDK's client, connected (initialized) to an MCP server by HTTP, with headers that a gateway would send.
 *
 * @throws {Error} the SDK's own error when the handshake fails
 */
export async function connectToServer(
  http: RecordingClient,
  { transport = "http", url, headers = new Map() }: McpServer,
): Promise<Client> {
  const sent = Object.fromEntries(headers);
  if (transport === "http") return await connectOver(streamableHttp(http, url, sent));
  const fetch = http.fetch as FetchLike;
  return await connectOver(new SSEClientTransport(new URL(url), { fetch, requestInit: { headers: sent } }));
}

function streamableHttp(
  http: RecordingClient,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(url), {
    fetch: renewingSession(http.fetch as FetchLike),
    requestInit: { headers },
    // The check must see a broken stream: the SDK must not reconnect.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 0,
      maxReconnectionDelay: 0,
      reconnectionDelayGrowFactor: 1,
    },
  });
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
