/**
 * The fault front: a proxy between a client and the real gateway. `GATEWAY` is the gateway's URL, `MCP_ENDPOINT` the
 * path of the MCP endpoint.
 */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import { emptyCatalogue, faultOf, statusOf, toolsRequest } from "./faults.ts";

const gateway = new URL(process.env.GATEWAY ?? "http://gateway");
const endpoint = process.env.MCP_ENDPOINT ?? "/mcp/";
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
  } else if (status !== undefined) {
    response.writeHead(status, {
      "content-type": "application/json",
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    });
    response.end(JSON.stringify({ error: `the fault front answers ${status}` }));
  } else {
    const listing = fault === undefined ? undefined : toolsRequest(body.toString());
    if (fault === "empty-catalogue" && listing !== undefined) {
      response.writeHead(200, { "content-type": "application/json" }).end(emptyCatalogue(listing));
      return;
    }
    if (fault === "late-catalogue" && listing !== undefined) await released.promise;
    // The client may have gone while the catalogue was held back.
    if (response.destroyed) return;
    await forward(request, response, body);
  }
}

async function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  const send = gateway.protocol === "https:" ? httpsRequest : httpRequest;
  const { "accept-encoding": _, "transfer-encoding": __, ...headers } = request.headers;
  const passed = await new Promise<IncomingMessage>((resolve, reject) => {
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
    response.once("close", () => outgoing.destroy());
    outgoing.end(body);
  });
  const { "content-length": ___, "transfer-encoding": ____, ...answered } = passed.headers;
  response.writeHead(passed.statusCode ?? 502, answered);
  passed.pipe(response);
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
