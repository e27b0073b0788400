import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { request as send } from "undici";
import { z } from "zod";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import type { Address } from "../../../helpers/protocol/address.ts";

/** A request on its way to the gateway. */
export interface FrontRequest {
  method: string;
  /** Path and query. */
  path: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** What the front has learned of the gateway from what went through it. */
export interface Known {
  masterKey: string;
  /** Virtual keys that the gateway has made, in the order in which it made them. */
  keys: string[];
  /** Ids of the MCP servers. */
  servers: string[];
}

/** What the front answers, in the gateway's place or as the gateway did. */
export interface FrontAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A request that the gateway answers, and what the fault does with that. */
export interface Watched {
  request: FrontRequest;
  answered(answer: FrontAnswer): FrontAnswer;
  /** The client closes the connection before the gateway has answered. */
  left?(): void;
}

/**
 * A fault of a gateway: changes a request so that the gateway answers as a faulty one would.
 *
 * @returns the request to send, with a say in its answer where the fault needs it, or an answer (the body is JSON, the
 * status 200 by default) for a request that the gateway never sees
 */
export type Fault = (
  request: FrontRequest,
  known: Known,
) => FrontRequest | Watched | { answer: object | undefined; status?: number; headers?: Record<string, string> };

/** How many addresses a gateway has: the proxy's for HTTP and HTTPS, LiteLLM's own, and the test gateway's. */
const mostAddresses = 4;

/** A reverse proxy in front of a gateway, which makes it faulty. HTTP only. */
export class FaultyFront implements AsyncDisposable {
  /** The gateway with its own answers. */
  static readonly none: Fault = (request) => request;
  fault: Fault = FaultyFront.none;
  readonly #known: Known;
  /** One port for each address of the gateway: concurrent checks call different ones. */
  readonly #listeners: readonly { server: Server; gateway?: Address }[];

  private constructor(masterKey: string) {
    this.#known = { masterKey, keys: [], servers: [] };
    this.#listeners = Array.from({ length: mostAddresses }, () => {
      const listener: { server: Server; gateway?: Address } = {
        server: createServer((request, response) => {
          // A client that leaves, or a gateway that closes the connection: the other side sees a closed connection too.
          this.#answer(request, response, listener.gateway).catch(() => response.destroy());
        }),
      };
      return listener;
    });
  }

  /** Starts a front on this machine. */
  static async start(masterKey: string): Promise<FaultyFront> {
    const front = new FaultyFront(masterKey);
    await Promise.all(
      front.#listeners.map(({ server }) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
    );
    return front;
  }

  /**
   * The front's own address, in the place of one of the gateway's. The same address gets the same one.
   *
   * @throws Error when the gateway has more addresses than the front has ports
   */
  inFrontOf(gateway: Address): Address {
    const isOfThis = ({ gateway: other }: { gateway?: Address }): boolean =>
      other?.host === gateway.host && other.port === gateway.port;
    const listener = this.#listeners.find(isOfThis) ?? this.#listeners.find((one) => one.gateway === undefined);
    if (listener === undefined) throw new Error(`a gateway with more than ${mostAddresses} addresses`);
    listener.gateway = gateway;
    return { host: "127.0.0.1", port: (listener.server.address() as AddressInfo).port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { server } of this.#listeners) server.closeAllConnections();
    await Promise.all(this.#listeners.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  }

  async #answer(request: IncomingMessage, response: ServerResponse, gateway: Address | undefined): Promise<void> {
    const changed = this.fault(await read(request), this.#known);
    if ("answer" in changed) {
      const { answer, status = 200, headers } = changed;
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(answer === undefined ? "" : JSON.stringify(answer));
      return;
    }
    const watched = "request" in changed ? changed : { request: changed, answered: (answer: FrontAnswer) => answer };
    const left = new AbortController();
    response.on("close", () => {
      if (response.writableEnded) return;
      watched.left?.();
      left.abort();
    });
    const { status, headers, body } = watched.answered(await this.#forward(watched.request, gateway, left.signal));
    response.writeHead(status, headers).end(body);
  }

  async #forward(
    { method, path, headers, body }: FrontRequest,
    gateway: Address | undefined,
    signal: AbortSignal,
  ): Promise<FrontAnswer> {
    const { connection: _, "content-length": __, "transfer-encoding": ___, ...kept } = headers;
    const response = await send(`http://${gateway?.host}:${gateway?.port}${path}`, {
      method: method as "GET",
      headers: kept,
      ...(body === "" ? {} : { body }),
      signal,
    });
    const text = await response.body.text();
    this.#learn(path, text);
    const { "content-length": ____, "transfer-encoding": _____, connection: ______, ...own } = response.headers;
    return { status: response.statusCode, headers: own, body: text };
  }

  #learn(path: string, body: string): void {
    const made = z.object({ key: z.string() }).safeParse(jsonOf(body));
    if (path === "/key/generate" && made.success) this.#known.keys.push(made.data.key);
    const servers = z.array(z.looseObject({ server_id: z.string() })).safeParse(jsonOf(body));
    if (path === "/v1/mcp/server" && servers.success) this.#known.servers = servers.data.map((one) => one.server_id);
  }
}

async function read(request: IncomingMessage): Promise<FrontRequest> {
  let body = "";
  for await (const piece of request) body += String(piece);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
  );
  return { method: request.method ?? "GET", path: request.url ?? "/", headers, body };
}
