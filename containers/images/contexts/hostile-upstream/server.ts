import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { type Behaviour, behaviours } from "./behaviours.ts";
import { isListingState, SwitchedListings } from "./listing-states.ts";
import { answerOfficial } from "./official.ts";

/**
 * A tool call that arrived. `GET /_calls` returns all of them, `GET /_calls?token=…` those with a token, so that a check can
 * prove that a call arrived or did not.
 */
interface Call {
  behaviour: string;
  tool: string;
  input: Readonly<Record<string, unknown>>;
  /** The request's `_meta`. */
  meta: unknown;
}

/** The revisions that it supports. It implements streamable HTTP itself: an MCP library would prevent the faults. */
const revisions = ["2025-03-26", "2025-06-18", "2025-11-25"];
const calls: Call[] = [];
/** SHA-256 of each word of a header that arrived, with the header's name: a credential can be found, and none is stored. */
const words = new Map<string, string>();
/** By the behaviour's name. `GET /_listing/<name>` shows them, `PUT /_listing/<name>/<state>` changes their state. */
const switched = new Map(
  Object.entries(behaviours).flatMap(([name, { listing }]) =>
    listing === undefined ? [] : [[name, new SwitchedListings(listing)] as const],
  ),
);

createServer((request, response) => {
  // A client that closes the connection during a request must not end the server.
  answer(request, response).catch(() => response.destroy());
}).listen(8080);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, name = ""] = (request.url ?? "").split("/");
  if (name === "_health") return reply(response, 200, { status: "ok" });
  if (name.startsWith("_calls")) {
    const token = new URL(request.url ?? "", "http://hostile").searchParams.get("token");
    return reply(response, 200, token === null ? calls : calls.filter(({ input }) => input.token === token));
  }
  if (name === "_words") return reply(response, 200, Object.fromEntries(words));
  if (name === "_listing") return answerListing(request, response);
  if (name === "official") {
    remember(request);
    return await answerOfficial(request, response);
  }
  const behaviour = behaviours[name];
  if (behaviour === undefined) return reply(response, 404, { error: `no behaviour ${name}` });
  if (behaviour.silent) return;
  // It has no stream for GET and no sessions for DELETE (MCP, streamable HTTP).
  if (request.method !== "POST") return reply(response, 405, undefined);
  remember(request);
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece as Uint8Array));
  const {
    id,
    method,
    params = {},
  } = JSON.parse(Buffer.concat(pieces).toString()) as {
    id?: number | string;
    method: string;
    params?: Record<string, unknown>;
  };
  if (id === undefined) return reply(response, 202, undefined);
  if (method === "tools/list" && (await switched.get(name)?.admit(leaving(response))) === false)
    return reply(response, 200, {
      jsonrpc: "2.0",
      id,
      error: { code: -32002, message: "the tools are not listed now" },
    });
  const outcome = handle(name, behaviour, method, params);
  if (outcome === undefined) return void request.socket.destroy();
  const { after, ...answered } = outcome;
  if (typeof after === "number") await wait(after * 1000);
  reply(response, 200, { jsonrpc: "2.0", id, ...answered });
}

function answerListing({ method, url = "" }: IncomingMessage, response: ServerResponse): void {
  const [, , name = "", state] = url.split("/");
  const listings = switched.get(name);
  if (listings === undefined) {
    reply(response, 404, { error: `no listing to switch: ${name}` });
  } else if (method === "PUT" && !isListingState(state)) {
    reply(response, 400, { error: `no state ${state}` });
  } else {
    if (method === "PUT" && isListingState(state)) listings.set(state);
    reply(response, 200, listings.now);
  }
}

/** Fires when the connection is closed, before the response or after it. */
function leaving(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.on("close", () => controller.abort());
  return controller.signal;
}

function remember({ rawHeaders }: IncomingMessage): void {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    for (const word of (rawHeaders[index + 1] ?? "").split(/[\s,;="]+/))
      words.set(createHash("sha256").update(word).digest("hex"), rawHeaders[index] ?? "");
  }
}

/** The response's result or error; undefined to close the connection. */
function handle(
  name: string,
  behaviour: Behaviour,
  method: string,
  params: Record<string, unknown>,
): Record<string, unknown> | undefined {
  switch (method) {
    case "initialize": {
      const wanted = String(params.protocolVersion);
      return {
        result: {
          protocolVersion: revisions.includes(wanted) ? wanted : revisions.at(-1),
          capabilities: { tools: {} },
          serverInfo: { name: `hostile-${name}`, version: "1.0.0" },
        },
      };
    }
    case "ping":
      return { result: {} };
    case "tools/list":
      return { result: behaviour.list(params.cursor === undefined ? undefined : String(params.cursor)) };
    case "tools/call": {
      const tool = String(params.name);
      const input = (params.arguments ?? {}) as Record<string, unknown>;
      calls.push({ behaviour: name, tool, input, meta: params._meta });
      const outcome = behaviour.call(tool, input);
      return "closes" in outcome ? undefined : outcome;
    }
    default:
      return { error: { code: -32601, message: `no method ${method}` } };
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, text === "" ? {} : { "content-type": "application/json" }).end(text);
}
