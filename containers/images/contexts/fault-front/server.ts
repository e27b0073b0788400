/**
 * The fault front: a proxy between a client and the real gateway. `GATEWAY` is the gateway's URL, `MCP_ENDPOINT` the
 * path of the MCP endpoint.
 */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as wait } from "node:timers/promises";
import {
  callError,
  cursorOf,
  emptyCatalogue,
  faultOf,
  listingIn,
  remembersListing,
  requestOf,
  slowCall,
  statusOf,
} from "./faults.ts";

const gateway = new URL(process.env.GATEWAY ?? "http://gateway");
const endpoint = process.env.MCP_ENDPOINT ?? "/mcp/";
/** Catalogues for the faults that need them only once ({@link remembersListing}), by caller and request, until `GET /_forget`. */
const remembered = new Map<string, Promise<object | undefined>>();
/** Late catalogues wait for this. `GET /_release` resolves it, `GET /_hold` makes the next ones wait again. */
let released = Promise.withResolvers<void>();

const server = createServer((request, response) => {
  void answer(request, response).catch((error: unknown) => {
    console.error(`${request.method} ${request.url}:`, error);
    if (!response.headersSent) response.writeHead(502);
    response.end();
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const path = request.url ?? "/";
  const isMcp = `${path.split("?")[0]}/`.replace(/\/+$/, "/").startsWith(endpoint.replace(/\/*$/, "/"));
  const fault = isMcp ? faultOf(request.headers.host) : undefined;
  const status = fault === undefined ? undefined : statusOf(fault);
  console.log(`${request.method} ${request.headers.host}${path}: ${fault ?? "forwarded"}`);
  if (path === "/_health") response.end("ok");
  else if (path === "/_release") {
    released.resolve();
    response.end("ok");
  } else if (path === "/_hold") {
    released = Promise.withResolvers<void>();
    response.end("ok");
  } else if (path === "/_forget") {
    remembered.clear();
    response.end("ok");
  } else if (status !== undefined) {
    response.writeHead(status, {
      "content-type": "application/json",
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    });
    response.end(JSON.stringify({ error: `the fault front answers ${status}` }));
  } else {
    const listing = fault === undefined ? undefined : requestOf(body.toString(), "tools/list");
    const call = fault === undefined ? undefined : requestOf(body.toString(), "tools/call");
    if (fault === "empty-catalogue" && listing !== undefined) {
      response.writeHead(200, { "content-type": "application/json" }).end(emptyCatalogue(listing));
      return;
    }
    if (fault !== undefined && listing !== undefined && remembersListing(fault)) {
      const result = await rememberedListing(request, body);
      if (result !== undefined) {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ jsonrpc: "2.0", id: listing, result }));
        return;
      }
    }
    if ((fault === "call-refused" || fault === "call-gone") && call !== undefined) {
      response.writeHead(200, { "content-type": "application/json" }).end(callError(fault, call));
      return;
    }
    if (fault === "call-slow" && call !== undefined) await wait(slowCall);
    if (fault === "late-catalogue" && listing !== undefined) await released.promise;
    // The client may have gone while the catalogue or the call was held back.
    if (response.destroyed) return;
    await forward(request, response, body);
  }
}

/** The result of a listing that the gateway has answered before, or answers now; undefined where it has none. */
async function rememberedListing(request: IncomingMessage, body: Buffer): Promise<object | undefined> {
  const key = JSON.stringify([request.headers.authorization, request.url, cursorOf(body.toString())]);
  const known = remembered.get(key) ?? listing();
  remembered.set(key, known);
  const result = await known.catch(() => undefined);
  // The next client asks again.
  if (result === undefined) remembered.delete(key);
  return result;

  async function listing(): Promise<object | undefined> {
    const answer = await ask(request, body);
    return listingIn((await bodyOf(answer)).toString());
  }
}

async function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  const passed = await ask(request, body, response);
  const { "content-length": ___, "transfer-encoding": ____, ...answered } = passed.headers;
  response.writeHead(passed.statusCode ?? 502, answered);
  passed.pipe(response);
}

/**
 * Sends a request to the gateway.
 *
 * @param response ends the request when it is closed
 */
async function ask(request: IncomingMessage, body: Buffer, response?: ServerResponse): Promise<IncomingMessage> {
  const send = gateway.protocol === "https:" ? httpsRequest : httpRequest;
  const { "accept-encoding": _, "transfer-encoding": __, ...headers } = request.headers;
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = send(
      new URL(request.url ?? "/", gateway),
      {
        method: request.method,
        headers: { ...headers, host: gateway.host, ...(body.length > 0 ? { "content-length": body.length } : {}) },
        // Traefik has a self-signed certificate on the throwaway network.
        rejectUnauthorized: false,
      },
      resolve,
    );
    outgoing.once("error", reject);
    response?.once("close", () => outgoing.destroy());
    outgoing.end(body);
  });
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

// Without a host Node listens on `::` for both families, or on 0.0.0.0 where IPv6 is off.
server.listen(Number(process.env.PORT ?? 80));
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  // Process 1 of a container has no default signal handlers.
  process.once(signal, () => process.exit(0));
}
