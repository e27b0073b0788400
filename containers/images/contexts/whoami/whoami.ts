/**
 * Behaves like traefik/whoami v1.11: text on every path, JSON on `/api`, and `/bench`, `/data`, `/health`, with the
 * same flags and variables. Not supported: TLS, the WebSocket of `/echo`, methods that Node's parser does not know.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import { parseArgs } from "node:util";
import {
  accessLogTime,
  cleanPath,
  goJson,
  headerMap,
  isTrue,
  logPrefix,
  parseDuration,
  parseTarget,
  type Received,
  requestText,
  type Target,
} from "./go-http.ts";

const { values: flags } = parseArgs({
  // Go's flag package accepts one dash or two.
  args: process.argv.slice(2).map((argument) => argument.replace(/^-(?=[a-z])/, "--")),
  options: {
    port: { type: "string", default: process.env.WHOAMI_PORT_NUMBER || "80" },
    name: { type: "string", default: process.env.WHOAMI_NAME ?? "" },
    "allowed-origins": { type: "string", default: process.env.WHOAMI_ALLOWED_ORIGINS || "*" },
    verbose: { type: "boolean", default: false },
  },
});

const plainText = "text/plain; charset=utf-8";

/** Go's default, in bytes. With Node's default of 16 KB the response would be 431 where whoami's is 200. */
const maxHeaderSize = 1024 * 1024;

/** The status of `/health`; a POST changes it. */
let health = 200;

const server = createServer({ maxHeaderSize, keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
  // Go sends no Connection header for HTTP/1.1's default.
  response.removeHeader("Connection");
  handle(request, response).catch((error: Error) => response.destroy(error));
});
server.listen(Number(flags.port), () => log(`Starting up on port ${flags.port}`));
// Process 1 of a container has no default signal handlers.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const target = parseTarget(request.url ?? "/");
  if (target === undefined) {
    response.writeHead(400, { "Content-Type": plainText, Connection: "close" }).end("400 Bad Request");
    return;
  }
  const clean = cleanPath(target.path);
  if (clean !== target.path) {
    redirect(clean, target, response);
    return;
  }
  const body: Buffer[] = [];
  for await (const piece of request) body.push(piece as Buffer);
  const received: Received = {
    method: request.method ?? "GET",
    target: target.uri,
    version: request.httpVersion,
    rawHeaders: request.rawHeaders,
    body: Buffer.concat(body),
  };
  await answer(target, received, remoteAddress(request), response);
  if (flags.verbose) {
    const line = `"${received.method} ${target.path} HTTP/${received.version}"`;
    log(`${remoteAddress(request)} - - [${accessLogTime(new Date())}] ${line} - -`);
  }
}

/** Redirects like Go's ServeMux, which does it before any handler, so that nothing is logged. */
function redirect(clean: string, { uri }: Target, response: ServerResponse): void {
  const query = uri.includes("?") ? uri.slice(uri.indexOf("?")) : "";
  const location = encodeURI(clean) + query;
  response.writeHead(301, { Location: location, "Content-Type": "text/html; charset=utf-8" });
  response.end(`<a href="${location.replaceAll("&", "&amp;")}">Moved Permanently</a>.\n\n`);
}

async function answer(target: Target, received: Received, remote: string, response: ServerResponse): Promise<void> {
  switch (target.path) {
    case "/bench":
      response.setHeader("Connection", "keep-alive");
      response.setHeader("Content-Type", "text/plain");
      end(response, received, Buffer.from("1"));
      return;
    case "/data":
      response.setHeader("Content-Type", plainText);
      end(response, received, filler(dataSize(target.query)));
      return;
    case "/health":
      answerHealth(received, response);
      return;
    case "/echo":
      response.writeHead(400, { "Content-Type": plainText, "X-Content-Type-Options": "nosniff" }).end("Bad Request\n");
      return;
    case "/api":
      response.setHeader("Access-Control-Allow-Origin", flags["allowed-origins"]);
      response.setHeader("Access-Control-Allow-Methods", "*");
      response.setHeader("Content-Type", "application/json");
      end(response, received, Buffer.from(goJson(description(target, received, remote))));
      return;
    default: {
      const wait = parseDuration(target.query.get("wait") ?? "");
      if (wait !== undefined) await new Promise((resolve) => setTimeout(resolve, wait));
      const environment = isTrue(target.query.get("env")) ? environmentLines() : [];
      response.setHeader("Content-Type", plainText);
      const text = [asLines(introduction(remote)), requestText(received), asLines(environment)];
      end(response, received, Buffer.concat(text.map((piece) => Buffer.from(piece))));
    }
  }
}

/** Size of Go's buffer, in bytes: a response that fits is sent with its length, a longer one in chunks. */
const bufferSize = 2048;

function end(response: ServerResponse, { method }: Received, body: Buffer): void {
  if (body.length <= bufferSize && method !== "HEAD") response.setHeader("Content-Length", body.length);
  response.end(body);
}

function introduction(remote: string): string[] {
  return [
    ...(flags.name === "" ? [] : [`Name: ${flags.name}`]),
    `Hostname: ${hostname()}`,
    ...addresses().map((address) => `IP: ${address}`),
    `RemoteAddr: ${remote}`,
  ];
}

/** In the order of whoami's fields; empty ones are omitted, like Go's `omitempty`. */
function description(target: Target, received: Received, remote: string): Record<string, unknown> {
  const { headers, host } = headerMap(received);
  const environment = isTrue(target.query.get("env")) ? { ...process.env } : {};
  const fields = {
    hostname: hostname(),
    ip: addresses(),
    headers,
    url: target.uri,
    host,
    method: received.method,
    name: flags.name,
    remoteAddr: remote,
    environ: environment,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => Object.keys(value).length > 0));
}

function answerHealth({ method, body }: Received, response: ServerResponse): void {
  if (method !== "POST") {
    response.writeHead(health).end();
    return;
  }
  const status = Number(body.toString());
  if (!Number.isInteger(status) || body.length === 0) {
    response.writeHead(400, { "Content-Type": plainText, "X-Content-Type-Options": "nosniff" });
    response.end("json: cannot unmarshal the status code\n");
    return;
  }
  log(`Update health check status code [${status}]`);
  health = status;
  response.end();
}

/** The size that `/data` is asked for, in bytes. */
function dataSize(query: URLSearchParams): number {
  const text = query.get("size") ?? "";
  const size = /^-?\d+$/.test(text) ? Math.max(0, Number(text)) : 1;
  const power = ["kb", "mb", "gb", "tb"].indexOf((query.get("unit") ?? "").toLowerCase()) + 1;
  return size * 1024 ** power;
}

function filler(length: number): Buffer {
  const content = Buffer.alloc(length, "-ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  if (length > 0) {
    content[0] = "|".charCodeAt(0);
    content[length - 1] = "|".charCodeAt(0);
  }
  return content;
}

function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
}

/** `address:port`: an IPv6 address in brackets, an IPv4 address without the prefix of a dual-stack socket. */
function remoteAddress({ socket }: IncomingMessage): string {
  const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  return address.includes(":") ? `[${address}]:${socket.remotePort}` : `${address}:${socket.remotePort}`;
}

function environmentLines(): string[] {
  return Object.entries(process.env).map(([name, value]) => `${name}=${value}`);
}

function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** Like Go's `log`: writes to standard error, with the time first. */
function log(line: string): void {
  process.stderr.write(`${logPrefix(new Date())} ${line}\n`);
}
