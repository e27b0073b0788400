/**
 * The login's front: the policy's hosts as MCP clients reach them, with certificates that they trust. It passes each request on to
 * Traefik as it is, and notes what the request was for. `HOSTS` are the names, `ROUTES` the ports, `TRAEFIK` is Traefik's address.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerOfControl, controlHost } from "./control.ts";
import { describeRequest, type LoginExchange } from "./exchange.ts";

/** A port of the policy's hosts, and Traefik's port behind it. */
interface Route {
  scheme: "http" | "https";
  port: number;
  to: number;
}

/** How much of a refusal is kept, in characters. */
const keptRefusal = 600;

const hosts = (process.env.HOSTS ?? "").split(",").filter((name) => name !== "");
const routes = JSON.parse(process.env.ROUTES ?? "[]") as Route[];
const traefik = process.env.TRAEFIK ?? "";
const journal: LoginExchange[] = [];

const { authority, certificate, key } = makeCertificate([...hosts, controlHost]);
for (const route of routes) {
  const server =
    route.scheme === "https" ? createTlsServer({ key, cert: certificate }, take(route)) : createServer(take(route));
  server.listen(route.port, "0.0.0.0");
}
// For the suite only: what was noted, the authority, and the control's login.
createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://front");
  if (pathname === "/authority") response.end(authority);
  else if (pathname === "/journal")
    response.end(JSON.stringify(journal.filter(({ client }) => client === searchParams.get("client"))));
  else if (pathname === "/authorize") {
    const asked = new URL(searchParams.get("url") ?? "http://none");
    const { headers, status } = answerOfControl("GET", asked.pathname + asked.search, undefined, "");
    response.writeHead(headers?.location === undefined ? status : 200).end(headers?.location ?? "");
  } else response.writeHead(404).end();
}).listen(Number(process.env.PORT), "127.0.0.1");

function take(route: Route): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void answer(route, request, response).catch((error: unknown) => {
      console.error(`${request.method} ${request.headers.host}${request.url?.split("?")[0]}:`, error);
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
  };
}

async function answer(route: Route, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const { host = "", authorization } = request.headers;
  const { method = "GET", url = "/" } = request;
  const noted = {
    client: (request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    method,
    url: `${route.scheme}://${host}${url.split("?")[0]}`,
    ...describeRequest(body.toString(), authorization),
  };
  if (host.split(":")[0] === controlHost) {
    const { status, headers, body: document } = answerOfControl(method, url, authorization, body.toString());
    journal.push({ ...noted, at: new Date().toISOString(), status });
    response.writeHead(status, {
      ...(document === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    });
    response.end(document === undefined ? undefined : JSON.stringify(document));
    return;
  }
  const passed = await passOn(route, request, response, body);
  const status = passed.statusCode ?? 502;
  const exchange: LoginExchange = { ...noted, at: new Date().toISOString(), status };
  journal.push(exchange);
  if (status >= 400)
    passed.on("data", (piece: Buffer) => {
      exchange.refusal = `${exchange.refusal ?? ""}${piece.toString()}`.slice(0, keptRefusal);
    });
  response.writeHead(status, withoutHopByHop(passed.rawHeaders));
  // A stream may be silent for long: the Python SDK sends nothing else until it has the stream's status.
  response.flushHeaders();
  passed.pipe(response);
}

async function passOn(
  { scheme, to }: Route,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<IncomingMessage> {
  const send = scheme === "https" ? httpsRequest : httpRequest;
  const { "accept-encoding": _, "transfer-encoding": __, connection: ___, ...headers } = request.headers;
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = send(
      {
        host: traefik,
        port: to,
        path: request.url,
        method: request.method,
        headers: { ...headers, ...(body.length > 0 ? { "content-length": body.length } : {}) },
        // Traefik chooses its router and its certificate by the name that the client asked for; nobody signed that certificate.
        servername: request.headers.host?.split(":")[0],
        rejectUnauthorized: false,
        agent: false,
      },
      resolve,
    );
    outgoing.once("error", reject);
    response.once("close", () => outgoing.destroy());
    outgoing.end(body);
  });
}

/** Names and values of headers, one after another. */
function withoutHopByHop(raw: readonly string[]): string[] {
  return raw.filter((_, index) => {
    const name = raw[index - (index % 2)]?.toLowerCase();
    return name !== "connection" && name !== "keep-alive" && name !== "transfer-encoding";
  });
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** A certificate for the names, signed by an authority that exists in this container only. */
function makeCertificate(names: readonly string[]): { authority: string; certificate: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  const file = (name: string): string => join(folder, name);
  const openssl = (...parameters: string[]): void => void execFileSync("openssl", parameters, { stdio: "pipe" });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  writeFileSync(
    file("extensions"),
    `basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=${names.map((name) => `DNS:${name}`).join(",")}\n`,
  );
  openssl(
    ...["req", "-x509", ...newKey, "-keyout", file("ca.key"), "-out", file("ca.pem"), "-days", "2"],
    ...["-subj", "/CN=login front", "-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
  );
  openssl("req", "-new", ...newKey, "-keyout", file("own.key"), "-out", file("own.csr"), "-subj", "/CN=gateway");
  openssl(
    ...["x509", "-req", "-in", file("own.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial"],
    ...["-out", file("own.pem"), "-days", "2", "-extfile", file("extensions")],
  );
  const read = (name: string): string => readFileSync(file(name), "utf8");
  return { authority: read("ca.pem"), certificate: read("own.pem"), key: read("own.key") };
}
