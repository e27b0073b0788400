import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Address } from "../address.ts";
import { type RawResponse, ResponseReader } from "./response-reader.ts";
import { secureContext } from "./secure-context.ts";

/** A request as bytes: nothing is normalised, unlike in client libraries. */
export interface RawRequest {
  address: Address;
  /** Server name for TLS; undefined for plain HTTP. */
  servername: string | undefined;
  /** The whole request: request line, header lines and body. */
  bytes: Buffer;
  /** Milliseconds. */
  deadline: number;
}

/**
 * Sends bytes to an HTTP/1.1 server and reads one response, to its end or until the server closes the connection. When
 * the deadline passes or the connection breaks after the head of the response, the part that arrived is returned with
 * a `defect`.
 *
 * @throws {Error} when the server closes without a response, sends something other than HTTP, or does not answer in
 *   time
 */
export function exchangeRaw({ address, servername, bytes, deadline }: RawRequest): Promise<RawResponse> {
  const socket: Socket =
    servername === undefined
      ? connect(address.port, address.host)
      : connectTls({
          host: address.host,
          port: address.port,
          servername,
          rejectUnauthorized: false,
          secureContext,
          ALPNProtocols: ["http/1.1"],
        });
  const reader = new ResponseReader({ toHead: bytes.toString("latin1", 0, 5) === "HEAD " });
  return new Promise((resolve, reject) => {
    const finish = (failure?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      try {
        resolve(reader.end(failure));
      } catch (error) {
        reject(error);
      }
    };
    const timer = setTimeout(() => {
      finish(new Error(reader.hasBegun ? "the response did not end in time" : "no response in time"));
    }, deadline);
    socket.on("data", (piece: Buffer) => {
      if (reader.feed(piece)) finish();
    });
    let isConnected = servername === undefined;
    socket.once("secureConnect", () => {
      isConnected = true;
    });
    const closed = (): void =>
      finish(isConnected ? undefined : new Error("closed before the TLS connection was established"));
    socket.once("end", closed);
    socket.once("close", closed);
    // A server may refuse a request that is still being sent, answer and reset: what it answered counts.
    socket.on("error", finish);
    socket.write(bytes);
  });
}
