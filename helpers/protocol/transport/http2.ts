import { connect as connectHttp2 } from "node:http2";
import type { Address } from "../address.ts";
import type { HeaderLines } from "../exchange.ts";
import type { RawResponse } from "./response-reader.ts";

/**
 * One request over HTTP/2 (TLS, ALPN h2), on a connection of its own.
 *
 * @throws {Error} when the server does not support HTTP/2, resets the stream, or does not answer in time
 */
export function exchangeHttp2(request: {
  address: Address;
  authority: string;
  method: string;
  target: string;
  headers: HeaderLines;
  body: string | undefined;
  /** Milliseconds. */
  deadline: number;
}): Promise<RawResponse> {
  const { address, authority } = request;
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://${address.host}:${address.port}`, {
      servername: authority.replace(/:\d+$/, ""),
      rejectUnauthorized: false,
    });
    const timer = setTimeout(() => fail(new Error("no response in time")), request.deadline);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      session.destroy();
      reject(error);
    };
    session.once("error", fail);
    const headers: Record<string, string | string[]> = {};
    for (const [name, value] of request.headers) {
      const key = name.toLowerCase();
      const known = headers[key];
      headers[key] = known === undefined ? value : [...[known].flat(), value];
    }
    const stream = session.request({
      ...headers,
      ":method": request.method,
      ":path": request.target,
      ":authority": authority,
      ":scheme": "https",
    });
    let status = 0;
    let lines: [string, string][] = [];
    const pieces: Buffer[] = [];
    stream.once("error", fail);
    stream.once("response", (head) => {
      status = Number(head[":status"]);
      lines = Object.entries(head).flatMap(([name, value]) =>
        name.startsWith(":") ? [] : [value ?? ""].flat().map((one): [string, string] => [name, String(one)]),
      );
    });
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.once("end", () => {
      clearTimeout(timer);
      session.close();
      resolve({ status, headers: lines, body: Buffer.concat(pieces).toString("utf8") });
    });
    stream.end(request.body);
  });
}
