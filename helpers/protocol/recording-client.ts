import { randomUUID } from "node:crypto";
import { Agent, buildConnector, type Dispatcher, Headers, type RequestInit, fetch as undiciFetch } from "undici";
import { DeadlineError, deadlines } from "../core/deadlines.ts";
import { errorReason } from "../core/text/error-reason.ts";
import type { Address } from "./address.ts";
import type { Exchange, HeaderLines } from "./exchange.ts";
import { RateLimitPatience, rateLimitDelay } from "./rate-limit.ts";
import { withHost } from "./transport/host-header.ts";
import { exchangeHttp2 } from "./transport/http2.ts";
import { exchangeRaw } from "./transport/raw-http.ts";
import type { RawResponse } from "./transport/response-reader.ts";
import { secureContext } from "./transport/secure-context.ts";

/** Maps the scheme, host and port of a URL to the address at which the throwaway network publishes them. */
export type Resolve = (scheme: "http" | "https", host: string, port: number) => Address;

/** A request to send. The URL is the one that a client of the gateway uses; `Resolve` finds the address. */
export interface HttpRequest {
  method?: string;
  url: string;
  headers?: HeaderLines;
  body?: string | Buffer;
  /** Milliseconds; default {@link deadlines.request}. */
  deadline?: number;
  /** Closes the connection when it fires; {@link RecordingClient.send} only. */
  signal?: AbortSignal;
  /** See {@link Exchange.invalidOnPurpose}. */
  invalidOnPurpose?: boolean;
}

/** A request as bytes, for {@link RecordingClient.sendRaw}. */
export interface RawHttpRequest {
  /** Where to connect; also the request target, unless `target` is given. */
  url: string;
  method?: string;
  /** The request target as written, e.g. an absolute URL. */
  target?: string;
  /** Header lines as written, without line breaks. */
  lines: readonly string[];
  body?: string;
}

/** A response that has begun. */
interface OpenStream {
  exchange: Exchange;
  body: AsyncIterable<Buffer>;
  close(): void;
}

/**
 * The suite's HTTP client: it records every request of a check with its response. Each check has a client of its own;
 * the check's name is sent in `User-Agent` (style: kubernetes-sigs/gateway-api). A request that a rate limit of
 * Traefik refuses is sent again, and only the last answer is recorded.
 */
export class RecordingClient {
  /** Every request in the order of sending, with its response when there is one. */
  readonly exchanges: Exchange[] = [];
  readonly #agent: Agent;
  readonly #product: string;
  readonly #resolve: Resolve;
  readonly #session: (host: string) => HeaderLines;
  readonly #patience = new RateLimitPatience();

  /**
   * @param check slug of the check, e.g. `ROUTE-03`
   * @param session headers of a caller who has logged in at a host; sent with every request that is not written as bytes
   */
  constructor(check: string, resolve: Resolve, session: (host: string) => HeaderLines = () => []) {
    this.#session = session;
    this.#product = `gateway-conformance/${check}`;
    this.#resolve = resolve;
    this.#agent = agentFor(resolve);
  }

  /**
   * Sends one request and reads the response to its end. A network failure is not thrown: it is the exchange's `error`.
   */
  async send(request: HttpRequest): Promise<Exchange> {
    return await this.#pastRateLimit(() => this.#send(request));
  }

  async #send(request: HttpRequest): Promise<Exchange> {
    const exchange = this.#begin(this.#loggedIn(request));
    const began = performance.now();
    const timeOut = AbortSignal.timeout(request.deadline ?? deadlines.request);
    const signal = request.signal === undefined ? timeOut : AbortSignal.any([timeOut, request.signal]);
    const decoder = new TextDecoder();
    let body: string | undefined;
    let status = 0;
    try {
      const head = await this.#dispatch(exchange, request, signal);
      const headAfter = performance.now() - began;
      [body, status] = ["", head.statusCode];
      for await (const bytes of head.body) body += decoder.decode(bytes as Buffer, { stream: true });
      body += decoder.decode();
      exchange.response = {
        status: head.statusCode,
        headers: headerLines(head.headers),
        body,
        headAfter,
        endAfter: performance.now() - began,
      };
    } catch (error) {
      noAnswer(exchange, error);
      if (body !== undefined) exchange.error += `; a response with status ${status} had begun, with ${contentOf(body)}`;
    }
    return exchange;
  }

  /**
   * Sends an HTTP/1.1 request as written, on a connection of its own, including what a client library would refuse or
   * normalise. `User-Agent` is added; `Host` and `Connection: close` where the lines lack them; `Content-Length` for a
   * body without `Transfer-Encoding`. A network failure is not thrown: it is the exchange's `error`.
   */
  async sendRaw(request: RawHttpRequest): Promise<Exchange> {
    return await this.#pastRateLimit(() => this.#sendRaw(request));
  }

  async #sendRaw(request: RawHttpRequest): Promise<Exchange> {
    const url = new URL(request.url);
    const lines = [...request.lines];
    const has = (name: string): boolean => lines.some((line) => line.toLowerCase().startsWith(`${name}:`));
    const exchange = this.#begin({
      method: request.method ?? "GET",
      url: request.target === undefined ? request.url : `${url.origin} ${request.target}`,
      headers: lines.map((line) => split(line)),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    if (!has("host")) lines.unshift(`Host: ${url.host}`);
    lines.push(`User-Agent: ${this.#userAgent(exchange.id)}`);
    if (!has("connection")) lines.push("Connection: close");
    if (request.body !== undefined && !has("transfer-encoding"))
      lines.push(`Content-Length: ${Buffer.byteLength(request.body)}`);
    const head = [
      `${exchange.request.method} ${request.target ?? targetOf(request.url)} HTTP/1.1`,
      ...lines,
      "",
      "",
    ].join("\r\n");
    // Header lines are bytes: each character up to U+00FF is one.
    const bytes = Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(request.body ?? "")]);
    exchange.request.raw = bytes.toString("latin1");
    const servername = url.protocol === "https:" ? url.hostname : undefined;
    await this.#record(exchange, () =>
      exchangeRaw({ address: this.#addressOf(url), servername, bytes, deadline: deadlines.request }),
    );
    return exchange;
  }

  /**
   * Sends a request over HTTP/2, which needs an https URL. A network failure is not thrown: it is the exchange's
   * `error`.
   */
  async sendHttp2(request: HttpRequest): Promise<Exchange> {
    return await this.#pastRateLimit(() => this.#sendHttp2(request));
  }

  async #sendHttp2(request: HttpRequest): Promise<Exchange> {
    const exchange = this.#begin(request);
    exchange.request.protocol = "HTTP/2";
    const url = new URL(request.url);
    await this.#record(exchange, () =>
      exchangeHttp2({
        address: this.#addressOf(url),
        authority: url.host,
        method: exchange.request.method,
        target: targetOf(request.url),
        headers: exchange.request.headers,
        body: exchange.request.body,
        deadline: request.deadline ?? deadlines.request,
      }),
    );
    return exchange;
  }

  /**
   * Opens a stream and returns the response as soon as its head has arrived; the caller must close it. The exchange is
   * recorded with an empty body. A network failure is not thrown: it is the exchange's `error`, and the body has no bytes.
   */
  async open(request: HttpRequest): Promise<OpenStream> {
    return await this.#patience.past(
      () => this.#open(request),
      ({ exchange: { response } }) => rateLimitDelay(response),
      ({ exchange, close }) => {
        close();
        this.#forget(exchange);
      },
    );
  }

  async #open(request: HttpRequest): Promise<OpenStream> {
    const exchange = this.#begin(this.#loggedIn(request));
    const began = performance.now();
    const abort = new AbortController();
    const deadline = request.deadline ?? deadlines.request;
    const what = `${request.method ?? "GET"} ${request.url} is answered`;
    const timer = setTimeout(() => abort.abort(new DeadlineError(what, deadline, undefined)), deadline);
    try {
      const head = await this.#dispatch(exchange, request, abort.signal);
      clearTimeout(timer);
      const headAfter = performance.now() - began;
      exchange.response = {
        status: head.statusCode,
        headers: headerLines(head.headers),
        body: "",
        headAfter,
        endAfter: headAfter,
      };
      return { exchange, body: head.body, close: () => abort.abort(new Error("closed by the check")) };
    } catch (error) {
      clearTimeout(timer);
      noAnswer(exchange, error);
      return { exchange, body: noBytes(), close: () => {} };
    }
  }

  /** `fetch` for the official MCP client. A response's body is recorded as far as the caller has read it. */
  readonly fetch = async (input: string | URL, init: RequestInit = {}): Promise<Response> => {
    const { response } = await this.#patience.past(
      () => this.#fetch(input, init),
      ({ exchange }) => rateLimitDelay(exchange.response),
      ({ exchange, response: refused }) => {
        void refused.body?.cancel();
        this.#forget(exchange);
      },
    );
    return response;
  };

  async #fetch(input: string | URL, init: RequestInit): Promise<{ exchange: Exchange; response: Response }> {
    const headers = new Headers(init.headers);
    const url = String(input);
    for (const [name, value] of this.#session(new URL(url).hostname)) headers.set(name, value);
    const exchange = this.#begin({
      method: init.method ?? "GET",
      url,
      headers: [...headers],
      ...(typeof init.body === "string" ? { body: init.body } : {}),
    });
    headers.set("user-agent", this.#userAgent(exchange.id));
    const host = headers.get("host");
    const dispatcher = host === null ? this.#agent : withHost(this.#agent, host);
    const began = performance.now();
    try {
      const response = await undiciFetch(url, { ...init, headers: [...headers], dispatcher });
      const recorded = {
        status: response.status,
        headers: [...response.headers] as HeaderLines,
        body: "",
        headAfter: performance.now() - began,
        endAfter: performance.now() - began,
      };
      exchange.response = recorded;
      const body = response.body?.pipeThrough(
        recorder((text) => {
          recorded.body += text;
          recorded.endAfter = performance.now() - began;
        }),
      );
      // The global one: the SDK asks whether an error is an instance of it before it reads its body.
      const copy = new Response((body as ConstructorParameters<typeof Response>[0]) ?? null, {
        status: response.status,
        statusText: response.statusText,
        headers: [...response.headers],
      });
      return { exchange, response: copy };
    } catch (error) {
      noAnswer(exchange, error);
      throw error;
    }
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #dispatch(exchange: Exchange, request: HttpRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    return this.#agent.request({
      origin: new URL(request.url).origin,
      path: targetOf(request.url),
      method: exchange.request.method as Dispatcher.HttpMethod,
      headers: exchange.request.headers.flat(),
      body: request.body ?? null,
      signal,
      responseHeaders: "raw",
    });
  }

  #pastRateLimit(send: () => Promise<Exchange>): Promise<Exchange> {
    return this.#patience.past(
      send,
      ({ response }) => rateLimitDelay(response),
      (exchange) => this.#forget(exchange),
    );
  }

  #forget(exchange: Exchange): void {
    this.exchanges.splice(this.exchanges.indexOf(exchange), 1);
  }

  #addressOf(url: URL): Address {
    const scheme = url.protocol === "https:" ? "https" : "http";
    return this.#resolve(scheme, url.hostname, Number(url.port) || (scheme === "https" ? 443 : 80));
  }

  async #record(exchange: Exchange, send: () => Promise<RawResponse>): Promise<void> {
    const began = performance.now();
    try {
      const response = await send();
      const after = performance.now() - began;
      exchange.response = { ...response, headAfter: after, endAfter: after };
    } catch (error) {
      noAnswer(exchange, error);
    }
  }

  #loggedIn(request: HttpRequest): HttpRequest {
    const session = this.#session(new URL(request.url).hostname);
    return session.length === 0 ? request : { ...request, headers: [...(request.headers ?? []), ...session] };
  }

  #begin(request: HttpRequest): Exchange {
    const id = randomUUID();
    const exchange: Exchange = {
      id,
      at: new Date().toISOString(),
      request: {
        method: request.method ?? "GET",
        url: request.url,
        headers: [...(request.headers ?? []), ["User-Agent", this.#userAgent(id)]],
        body: request.body === undefined ? undefined : String(request.body),
      },
      response: undefined,
      error: undefined,
      ...(request.invalidOnPurpose ? { invalidOnPurpose: true } : {}),
    };
    this.exchanges.push(exchange);
    return exchange;
  }

  #userAgent(id: string): string {
    return `${this.#product} (${id})`;
  }
}

function agentFor(resolve: Resolve): Agent {
  const connect = buildConnector({ rejectUnauthorized: false, secureContext, timeout: deadlines.request });
  return new Agent({
    // A connection per request: a reused one that the server closes at that moment would look like a gateway failure.
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      const scheme = options.protocol === "https:" ? "https" : "http";
      const port = Number(options.port) || (scheme === "https" ? 443 : 80);
      const address = resolve(scheme, options.hostname, port);
      connect(
        {
          ...options,
          hostname: address.host,
          host: `${address.host}:${address.port}`,
          port: String(address.port),
          servername: options.servername || options.hostname,
        },
        callback,
      );
    },
  });
}

/** What there is of an incomplete response. Not its text: a secret that is cut is not recognised. */
function contentOf(body: string): string {
  const isComment = (line: string): boolean => line.trim() === "" || line.startsWith(":");
  const only = body !== "" && body.split("\n").every(isComment) ? ", comments of an event stream only" : "";
  return `${body.length} characters${only}`;
}

/** Path and query exactly as written: `new URL` would normalise dot segments and encodings. */
function targetOf(url: string): string {
  const match = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url);
  const target = match?.[1] ?? "";
  return target.startsWith("/") ? target : `/${target}`;
}

function split(line: string): [string, string] {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1)];
}

function headerLines(raw: unknown): HeaderLines {
  if (Array.isArray(raw)) {
    const flat = raw.map(String);
    const lines: [string, string][] = [];
    for (let at = 0; at + 1 < flat.length; at += 2) lines.push([flat[at] ?? "", flat[at + 1] ?? ""]);
    return lines;
  }
  return Object.entries(raw as Record<string, string | string[] | undefined>).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).map((one) => [name, one] as const),
  );
}

function recorder(onText: (text: string) => void): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  return new TransformStream({
    transform(chunk, controller) {
      onText(decoder.decode(chunk, { stream: true }));
      controller.enqueue(chunk);
    },
  });
}

async function* noBytes(): AsyncGenerator<Buffer> {}

function noAnswer(exchange: Exchange, error: unknown): void {
  exchange.error = errorReason(error);
  exchange.failedAfter = Date.now() - Date.parse(exchange.at);
}
