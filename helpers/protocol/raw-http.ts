import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Address } from "./address.ts";
import type { HeaderLines } from "./exchange.ts";

/** A request as bytes: nothing is tidied up, as client libraries do. */
export interface RawRequest {
  address: Address;
  /** Server name for TLS; undefined for plain HTTP. */
  servername: string | undefined;
  /** All of it, header lines and body. */
  bytes: Buffer;
  /** Milliseconds. */
  deadline: number;
}

/** A response as it came. */
export interface RawResponse {
  status: number;
  headers: HeaderLines;
  body: string;
}

/**
 * Sends bytes to an HTTP/1.1 server and reads one response, to its end or until the server closes.
 *
 * @throws {Error} when the server closes without a response, or none comes in time
 */
export async function exchangeRaw(request: RawRequest): Promise<RawResponse> {
  const { address, servername, bytes, deadline } = request;
  const socket: Socket =
    servername === undefined
      ? connect(address.port, address.host)
      : connectTls({
          host: address.host,
          port: address.port,
          servername,
          rejectUnauthorized: false,
          ALPNProtocols: ["http/1.1"],
        });
  const received = new Promise<Buffer>((resolve, reject) => {
    const pieces: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(new Error("no response in time")), deadline);
    const end = (): void => {
      clearTimeout(timer);
      resolve(Buffer.concat(pieces));
    };
    socket.on("data", (piece: Buffer) => {
      pieces.push(piece);
      if (isComplete(Buffer.concat(pieces))) {
        socket.destroy();
        end();
      }
    });
    socket.once("end", end);
    socket.once("close", end);
    socket.once("error", (error) => {
      clearTimeout(timer);
      // A server may refuse a request that is still being sent, answer and reset.
      if (pieces.length > 0) resolve(Buffer.concat(pieces));
      else reject(error);
    });
  });
  socket.write(bytes);
  return parse(await received);
}

function isComplete(bytes: Buffer): boolean {
  const head = split(bytes);
  if (head === undefined) return false;
  const length = head.headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
  if (length !== undefined) return head.rest.length >= Number(length);
  return isChunked(head.headers) && head.rest.toString("latin1").endsWith("0\r\n\r\n");
}

function parse(bytes: Buffer): RawResponse {
  const head = split(bytes);
  if (head === undefined)
    throw new Error(
      bytes.length === 0 ? "closed without a response" : `no HTTP response: ${bytes.toString("latin1").slice(0, 80)}`,
    );
  const body = isChunked(head.headers) ? unchunk(head.rest) : head.rest;
  return { status: head.status, headers: head.headers, body: body.toString("utf8") };
}

function split(bytes: Buffer): { status: number; headers: [string, string][]; rest: Buffer } | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  if (!Number.isInteger(status)) return undefined;
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { status, headers, rest: bytes.subarray(end + 4) };
}

function isChunked(headers: HeaderLines): boolean {
  return headers.some(
    ([name, value]) => name.toLowerCase() === "transfer-encoding" && value.toLowerCase() === "chunked",
  );
}

function unchunk(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf("\r\n", at);
    const size = Number.parseInt(bytes.subarray(at, end).toString("latin1"), 16);
    if (end < 0 || !size) return Buffer.concat(pieces);
    pieces.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
