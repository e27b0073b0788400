import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { errorResponse } from "./graphql-response.ts";
import { type JsonObject, parseJson } from "./json.ts";
import type { QueryEngine } from "./query-engine.ts";

/** A server that answers with 503 until it is ready. */
export interface EngineServer {
  ready(): void;
  close(): void;
}

/** Longer than prisma-client-py keeps an idle connection, so that this side never closes one that is about to be used. */
const keepAlive = 75_000;

/** Serves the HTTP protocol of Prisma's native query engine on 127.0.0.1. */
export function serve(engine: QueryEngine, port: number): EngineServer {
  let isReady = false;
  const server = createServer({ keepAliveTimeout: keepAlive }, async (request, response) => {
    const { status, body } = isReady
      ? await answer(engine, request)
      : { status: 503, body: errorResponse("the engine is starting") };
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(port, "127.0.0.1");
  return {
    ready() {
      isReady = true;
    },
    close() {
      server.close();
    },
  };
}

async function answer(engine: QueryEngine, request: IncomingMessage): Promise<{ status: number; body: JsonObject }> {
  try {
    const body = await respond(engine, request);
    return body === undefined ? { status: 404, body: errorResponse("not found") } : { status: 200, body };
  } catch (error) {
    // The native engine answers with 200 too: the body says what failed.
    return { status: 200, body: errorResponse(error instanceof Error ? error.message : String(error)) };
  }
}

async function respond(engine: QueryEngine, request: IncomingMessage): Promise<JsonObject | undefined> {
  const { method = "GET", url = "/" } = request;
  const body = await text(request);
  if (method === "GET") {
    if (url === "/status") return { status: "ok" };
    if (url.startsWith("/metrics")) return { counters: [], gauges: [], histograms: [] };
    return undefined;
  }
  if (url === "/") {
    const transaction = request.headers["x-transaction-id"];
    return await engine.query(parseJson(body), typeof transaction === "string" ? transaction : undefined);
  }
  if (url === "/transaction/start") return await engine.startTransaction(body);
  const [, id, end] = /^\/transaction\/([^/]+)\/(commit|rollback)$/.exec(url) ?? [];
  if (id === undefined) return undefined;
  return end === "commit" ? await engine.commit(id) : await engine.rollback(id);
}
