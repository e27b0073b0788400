import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { request as send } from "undici";
import { isMessage, type Message } from "../json-rpc.ts";

/** Where a {@link McpForwarder} forwards to, and what it changes on the way. */
export interface ForwarderOptions {
  /** The URL of an MCP endpoint. */
  target: string;
  /** Sent to the target as `Authorization: Bearer`; undefined sends no credential. */
  key?: string;
  /** What the target puts in front of the names of tools, prompts and resources, and the client does not know. */
  prefix?: string;
  /** How long the target may send nothing, in milliseconds; then the client gets a 504. */
  deadline: number;
}

/** Headers that belong to one connection, or to the body before it was changed. */
const ofConnection = new Set(["connection", "content-length", "host", "keep-alive", "transfer-encoding"]);

/**
 * Forwards streamable HTTP for a client that can send no header: the official conformance suite. It adds the key, and
 * removes the prefix of names, and changes nothing else. Streams go through event by event.
 */
export class McpForwarder implements AsyncDisposable {
  readonly #options: ForwarderOptions;
  readonly #server: Server;

  private constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#forward(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else response.writeHead(504).end(error instanceof Error ? error.message : String(error));
      });
    });
  }

  /** Starts a forwarder on a port of this machine's loopback interface. */
  static async start(options: ForwarderOptions): Promise<McpForwarder> {
    const forwarder = new McpForwarder(options);
    await new Promise<void>((resolve) => forwarder.#server.listen(0, "127.0.0.1", resolve));
    return forwarder;
  }

  /** The URL that the client uses in place of the target's. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #forward(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { target, key, prefix = "", deadline } = this.#options;
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(Buffer.from(piece as Uint8Array));
    const body = Buffer.concat(pieces).toString();
    const left = new AbortController();
    response.once("close", () => left.abort());
    const answer = await send(target, {
      method: (request.method ?? "GET") as "GET",
      headers: {
        ...kept(request.headers),
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body === "" ? {} : { body: changed(body, (message) => withPrefix(message, prefix)) }),
      headersTimeout: deadline,
      bodyTimeout: deadline,
      signal: left.signal,
    });
    response.writeHead(answer.statusCode, kept(answer.headers));
    response.flushHeaders();
    const toClient = (text: string): string => changed(text, (message) => withoutPrefix(message, prefix));
    if (String(answer.headers["content-type"]).startsWith("text/event-stream")) {
      for await (const event of eventsOf(answer.body)) response.write(changedEvent(event, toClient));
      response.end();
    } else {
      response.end(toClient(await answer.body.text()));
    }
  }
}

function kept(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
  const own: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !ofConnection.has(name)) own[name] = value;
  return own;
}

/** The text of each event (WHATWG HTML §9.2) with the empty line that ends it; the last one may have none. */
async function* eventsOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of body) {
    rest += decoder.decode(piece, { stream: true });
    for (;;) {
      const end = /\r?\n\r?\n/.exec(rest);
      if (end === null) break;
      const length = end.index + end[0].length;
      yield rest.slice(0, length);
      rest = rest.slice(length);
    }
  }
  if (rest !== "") yield rest;
}

/** An event with its data changed: the lines of data become one. */
function changedEvent(event: string, change: (data: string) => string): string {
  const lines = event.split(/\r?\n/);
  const isData = (line: string): boolean => line.startsWith("data:");
  const data = lines.filter(isData).map((line) => line.slice("data:".length).replace(/^ /, ""));
  const text = data.join("\n");
  const instead = change(text);
  if (instead === text) return event;
  const first = lines.findIndex(isData);
  return lines
    .flatMap((line, index) => (index === first ? [`data: ${instead}`] : isData(line) ? [] : [line]))
    .join("\n");
}

/** A JSON-RPC message in its text; the text as it is where it contains none, or where nothing changes. */
function changed(text: string, change: (message: Message) => Message): string {
  try {
    const message: unknown = JSON.parse(text);
    if (!isMessage(message)) return text;
    const instead = change(message);
    return instead === message ? text : JSON.stringify(instead);
  } catch {
    return text;
  }
}

function withPrefix(message: Message, prefix: string): Message {
  const { method, params } = message;
  if (prefix === "" || !isMessage(params)) return message;
  const named = (one: Message): Message => ({ ...one, name: `${prefix}${String(one.name)}` });
  if (method === "tools/call" || method === "prompts/get") return { ...message, params: named(params) };
  const { ref } = params;
  if (method === "completion/complete" && isMessage(ref) && ref.type === "ref/prompt")
    return { ...message, params: { ...params, ref: named(ref) } };
  return message;
}

/** The lists of a result whose items have names. */
const lists = ["tools", "prompts", "resources", "resourceTemplates"];

function withoutPrefix(message: Message, prefix: string): Message {
  const { result } = message;
  if (prefix === "" || !isMessage(result)) return message;
  const listed = lists.filter((list) => Array.isArray(result[list]));
  if (listed.length === 0) return message;
  const bare = (one: unknown): unknown =>
    isMessage(one) && typeof one.name === "string" && one.name.startsWith(prefix)
      ? { ...one, name: one.name.slice(prefix.length) }
      : one;
  const own = Object.fromEntries(listed.map((list) => [list, (result[list] as unknown[]).map(bare)]));
  return { ...message, result: { ...result, ...own } };
}
