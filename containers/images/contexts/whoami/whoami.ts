/**
 * Answers every request with what it received, as text in the form of traefik/whoami v1.11. traefik/whoami itself will not do:
 * it answers `/api`, `/bench`, `/data`, `/echo` and `/health` in other ways, and LiteLLM has paths of these names.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import { parseArgs } from "node:util";
import {
  accessLogTime,
  cleanPath,
  logPrefix,
  parseTarget,
  type Received,
  requestText,
  type Target,
} from "./go-http.ts";

const { values: flags } = parseArgs({
  // Go's flag package accepts one dash or two.
  args: process.argv.slice(2).map((argument) => argument.replace(/^-(?=[a-z])/, "--")),
  options: {
    port: { type: "string", default: "80" },
    name: { type: "string", default: process.env.WHOAMI_NAME ?? "" },
    verbose: { type: "boolean", default: false },
  },
});

const plainText = "text/plain; charset=utf-8";

/** Go's default, in bytes. With Node's default of 16 KB the response would be 431 where whoami's is 200. */
const maxHeaderSize = 1024 * 1024;

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
  response.setHeader("Content-Type", plainText);
  end(
    response,
    received,
    Buffer.concat(
      [asLines(introduction(remoteAddress(request))), requestText(received)].map((text) => Buffer.from(text)),
    ),
  );
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

function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
}

/** `address:port`: an IPv6 address in brackets, an IPv4 address without the prefix of a dual-stack socket. */
function remoteAddress({ socket }: IncomingMessage): string {
  const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  return address.includes(":") ? `[${address}]:${socket.remotePort}` : `${address}:${socket.remotePort}`;
}

function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

/** Like Go's `log`: writes to standard error, with the time first. */
function log(line: string): void {
  process.stderr.write(`${logPrefix(new Date())} ${line}\n`);
}
