import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { completions, prompts, readResource, resources, resourceTemplates } from "./official-contents.ts";
import { type Caller, tools } from "./official-tools.ts";

/** A JSON-RPC message. */
type Message = Record<string, unknown>;

/** A stream of one request's messages. Its events stay, so that a client that lost the stream can resume it. */
interface Stream {
  id: string;
  events: string[];
  /** The connection that the events go to; undefined while the client has none. */
  open: ServerResponse | undefined;
  isOver: boolean;
}

/** A session of streamable HTTP. */
interface Session {
  revision: string;
  /** What the client announced in its handshake. */
  capabilities: Message;
  level: string;
  streams: Map<string, Stream>;
  /** Requests to the client that it has not answered. */
  waiting: Map<string, (answer: Message) => void>;
}

const revisions = ["2025-03-26", "2025-06-18", "2025-11-25"];
/** The first revision whose clients resume a stream that the server closed (SEP-1699). */
const resumable = "2025-11-25";
/** Severities of log messages, the lowest first (MCP, logging). */
const levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
/** How long a client waits before it resumes a stream, in milliseconds. */
const retry = 20;
const sessions = new Map<string, Session>();

/**
 * The upstream `official`: a well-behaved server with sessions, streams and requests to the client, which has what the server
 * scenarios of the official MCP conformance suite ask for. It accepts a repeated MCP-Protocol-Version header (LiteLLM 1.77.1
 * sends it twice), so that its scenarios can be judged through every gateway.
 */
export async function answerOfficial(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "POST") return await answerPost(request, response);
  const id = sessionIdOf(request);
  const session = sessions.get(id);
  if (session === undefined) return void response.writeHead(404).end();
  if (request.method === "DELETE") {
    sessions.delete(id);
    return void response.writeHead(204).end();
  }
  // It sends nothing outside the streams of requests: a GET can only resume one of those.
  const [streamId = "", last = ""] = String(request.headers["last-event-id"] ?? "").split("/");
  const stream = session.streams.get(streamId);
  if (request.method !== "GET" || stream === undefined) return void response.writeHead(405).end();
  connect(stream, response, Number(last) + 1);
}

async function answerPost(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece as Uint8Array));
  const message = JSON.parse(Buffer.concat(pieces).toString()) as Message;
  const { id, method } = message;
  const params = (message.params ?? {}) as Message;
  if (method === "initialize") return initialize(id, params, response);
  const session = sessions.get(sessionIdOf(request));
  if (session === undefined) return void response.writeHead(404).end();
  if (id === undefined || method === undefined) {
    session.waiting.get(String(id))?.(message);
    return void response.writeHead(202).end();
  }
  const stream: Stream = { id: randomUUID(), events: [], open: undefined, isOver: false };
  session.streams.set(stream.id, stream);
  connect(stream, response, 0);
  send(stream, { jsonrpc: "2.0", id, ...(await outcomeOf(session, stream, String(method), params)) });
  stream.isOver = true;
  // A client that left before the end may resume the stream; one that has it all will not.
  if (stream.open !== undefined) session.streams.delete(stream.id);
  stream.open?.end();
}

function initialize(id: unknown, params: Message, response: ServerResponse): void {
  const wanted = String(params.protocolVersion);
  const revision = revisions.includes(wanted) ? wanted : (revisions.at(-1) ?? wanted);
  const capabilities = (params.capabilities ?? {}) as Message;
  const sessionId = randomUUID();
  sessions.set(sessionId, { revision, capabilities, level: "info", streams: new Map(), waiting: new Map() });
  const result = {
    protocolVersion: revision,
    capabilities: { tools: {}, prompts: {}, resources: { subscribe: true }, logging: {}, completions: {} },
    serverInfo: { name: "official", version: "1.0.0" },
  };
  response
    .writeHead(200, { "content-type": "application/json", "mcp-session-id": sessionId })
    .end(JSON.stringify({ jsonrpc: "2.0", id, result }));
}

/** The response's result or error. */
async function outcomeOf(session: Session, stream: Stream, method: string, params: Message): Promise<Message> {
  const unknown = (what: string): Message => ({ error: { code: -32602, message: `no ${what}` } });
  switch (method) {
    case "ping":
    case "resources/subscribe":
    case "resources/unsubscribe":
      return { result: {} };
    case "logging/setLevel":
      session.level = String(params.level);
      return { result: {} };
    case "completion/complete":
      return { result: { completion: completions(params) } };
    case "tools/list":
      return { result: { tools: Object.entries(tools).map(([name, { call: _, ...tool }]) => ({ name, ...tool })) } };
    case "tools/call": {
      const tool = tools[String(params.name)];
      if (tool === undefined) return unknown(`tool ${String(params.name)}`);
      return { result: await tool.call((params.arguments ?? {}) as Message, callerOf(session, stream, params)) };
    }
    case "resources/list":
      return { result: { resources } };
    case "resources/templates/list":
      return { result: { resourceTemplates } };
    case "resources/read": {
      const content = readResource(String(params.uri));
      return content === undefined ? unknown(`resource ${String(params.uri)}`) : { result: { contents: [content] } };
    }
    case "prompts/list":
      return { result: { prompts: Object.entries(prompts).map(([name, { get: _, ...rest }]) => ({ name, ...rest })) } };
    case "prompts/get": {
      const prompt = prompts[String(params.name)];
      if (prompt === undefined) return unknown(`prompt ${String(params.name)}`);
      return { result: { messages: prompt.get((params.arguments ?? {}) as Record<string, string>) } };
    }
    default:
      return { error: { code: -32601, message: `no method ${method}` } };
  }
}

/** What a tool can do with its caller while it runs. */
function callerOf(session: Session, stream: Stream, params: Message): Caller {
  const { progressToken } = (params._meta ?? {}) as { progressToken?: number | string };
  const notify = (method: string, rest: Message): void => send(stream, { jsonrpc: "2.0", method, params: rest });
  return {
    log(data) {
      if (levels.indexOf(session.level) <= levels.indexOf("info"))
        notify("notifications/message", { level: "info", logger: "official", data });
    },
    progress(progress, total) {
      if (progressToken !== undefined) notify("notifications/progress", { progressToken, progress, total });
    },
    async ask(capability, method, rest) {
      if (session.capabilities[capability] === undefined) return undefined;
      const id = randomUUID();
      const { promise, resolve } = Promise.withResolvers<Message>();
      session.waiting.set(id, resolve);
      send(stream, { jsonrpc: "2.0", id, method, params: rest });
      const answer = await promise;
      session.waiting.delete(id);
      return answer.result as Message | undefined;
    },
    async closeStream() {
      if (session.revision < resumable || stream.open === undefined) return;
      const number = stream.events.push("") - 1;
      stream.open.write(`id: ${stream.id}/${number}\nretry: ${retry}\ndata: \n\n`);
      const left = new Promise((resolve) => stream.open?.once("close", resolve));
      stream.open.end();
      stream.open = undefined;
      await left;
    },
  };
}

/** Sends a stream's events to a connection, from one of them on, and those that follow. */
function connect(stream: Stream, response: ServerResponse, from: number): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  stream.open = response;
  response.once("close", () => {
    if (stream.open === response) stream.open = undefined;
  });
  for (const event of stream.events.slice(from)) response.write(event);
  if (stream.isOver) response.end();
}

function send(stream: Stream, message: Message): void {
  const event = `id: ${stream.id}/${stream.events.length}\nevent: message\ndata: ${JSON.stringify(message)}\n\n`;
  stream.events.push(event);
  stream.open?.write(event);
}

function sessionIdOf({ headers }: IncomingMessage): string {
  return String(headers["mcp-session-id"] ?? "");
}
