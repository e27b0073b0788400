import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { standInServer } from "./tools.ts";

const name = process.env.STAND_IN_NAME ?? "";
const path = process.env.STAND_IN_PATH ?? "/mcp";
const isSse = process.env.STAND_IN_TRANSPORT === "sse";
const tools = JSON.parse(process.env.STAND_IN_TOOLS ?? "[]") as string[];
/** Headers that every request must have. */
const demanded = JSON.parse(readFileSync("/app/demanded-headers.json", "utf8")) as Record<string, string>;
const port = Number(process.env.STAND_IN_PORT ?? 8080);

const messages = "/messages";
const streams = new Map<string, SSEServerTransport>();

createServer((request, response) => {
  answer(request, response).catch((error: Error) => {
    console.error(error.message);
    response.destroy();
  });
}).listen(port, () => console.log(`${name} listens on ${port}`));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://stand-in");
  if (url.pathname === "/_health") return void response.end("ok");
  // Before anything is refused: a user's token in the place of the operator's credential got here too.
  for (const header of headersWithToken(request)) console.log(`the header ${header} carries a JSON Web Token`);
  const missing = Object.entries(demanded).find(([header, value]) => request.headers[header.toLowerCase()] !== value);
  if (missing !== undefined) {
    // The name alone: its value is a secret.
    console.log(`${request.method} ${url.pathname}: 401, ${missing[0]} is missing or wrong`);
    return void response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end();
  }
  console.log(`${request.method} ${url.pathname}`);
  if (isSse) return await answerSse(request, response, url);
  if (trimmed(url.pathname) !== trimmed(path)) return void response.writeHead(404).end();
  keepOneVersion(request);
  // Stateless: each request has a server of its own.
  const transport = new StreamableHTTPServerTransport({});
  response.on("close", () => void transport.close());
  // The SDK's classes are written without exactOptionalPropertyTypes.
  await standInServer(name, tools).connect(transport as Parameters<ReturnType<typeof standInServer>["connect"]>[0]);
  await transport.handleRequest(request, response);
}

/** Names of the headers that carry a JSON Web Token: a user's token must not get here. */
function headersWithToken({ headers }: IncomingMessage): string[] {
  const isToken = /\beyJ[\w-]+\.eyJ[\w-]+\./;
  return Object.keys(headers).filter((name) => isToken.test([headers[name] ?? ""].flat().join(" ")));
}

/**
 * LiteLLM 1.77.1 sends `MCP-Protocol-Version` twice, which the SDK answers with 400. Whether the server that this one
 * replaces does so too is not known, so it does not.
 */
function keepOneVersion({ rawHeaders, headers }: IncomingMessage): void {
  const name = "mcp-protocol-version";
  const [first] = String(headers[name] ?? "").split(",");
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.toLowerCase() === name) rawHeaders[index + 1] = first ?? "";
  const repeated = rawHeaders.findLastIndex((text) => text.toLowerCase() === name);
  const kept = rawHeaders.findIndex((text) => text.toLowerCase() === name);
  if (repeated !== kept) rawHeaders.splice(repeated, 2);
  if (headers[name] !== undefined) headers[name] = first;
}

async function answerSse(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  if (request.method === "GET" && trimmed(url.pathname) === trimmed(path)) {
    const transport = new SSEServerTransport(messages, response);
    streams.set(transport.sessionId, transport);
    response.on("close", () => streams.delete(transport.sessionId));
    return await standInServer(name, tools).connect(transport);
  }
  const transport = streams.get(url.searchParams.get("sessionId") ?? "");
  if (url.pathname !== messages || transport === undefined) return void response.writeHead(404).end();
  await transport.handlePostMessage(request, response);
}

function trimmed(text: string): string {
  return text.replace(/\/+$/, "");
}
