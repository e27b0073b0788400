import { createParser } from "eventsource-parser";
import { request } from "undici";
import { type Message, messagesIn } from "../../helpers/protocol/json-rpc.ts";
import type { Answer, Channel } from "./channel.ts";
import { answerOf } from "./stdio-channel.ts";

/** JSON-RPC over streamable HTTP: each message is a POST of its own. */
export class HttpChannel implements Channel {
  readonly log = "";
  readonly strayIds: unknown[] = [];
  ended: string | undefined;
  received = "";
  session: string | undefined;
  protocolVersion: string | undefined;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #next = 1;

  /** @param headers sent with each request, e.g. `authorization` */
  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  async ask(method: string, params: Message | undefined, deadline: number): Promise<Answer> {
    const id = this.#next++;
    const began = performance.now();
    const body = { jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) };
    try {
      const { status, text, type } = await this.#post(body, deadline);
      const took = performance.now() - began;
      if (status >= 300) return { kind: "refused", status, body: text, took };
      const messages = type.startsWith("text/event-stream") ? eventMessages(text) : messagesIn(text);
      const own = messages.find((message) => message.id === id);
      this.strayIds.push(...messages.filter((one) => one.method === undefined && one.id !== id).map((one) => one.id));
      return own === undefined ? { kind: "silent", took } : answerOf(own, text.length, took);
    } catch (error) {
      const took = performance.now() - began;
      return isTimeout(error) ? { kind: "silent", took } : { kind: "ended", why: (error as Error).message, took };
    }
  }

  async notify(method: string, params?: Message): Promise<void> {
    await this.#post({ jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }) }, 5_000).catch(() => {});
  }

  async close(): Promise<void> {
    const headers = this.#sent();
    if (this.session === undefined) return;
    await request(this.#url, { method: "DELETE", headers, headersTimeout: 5_000 })
      .then((response) => response.body.dump())
      .catch(() => {});
  }

  #sent(): Record<string, string> {
    return {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...(this.session === undefined ? {} : { "mcp-session-id": this.session }),
      ...(this.protocolVersion === undefined ? {} : { "mcp-protocol-version": this.protocolVersion }),
      ...this.#headers,
    };
  }

  async #post(body: Message, deadline: number): Promise<{ status: number; text: string; type: string }> {
    const response = await request(this.#url, {
      method: "POST",
      headers: this.#sent(),
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadline),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    const text = await response.body.text();
    const { "mcp-session-id": session, "content-type": type } = response.headers;
    if (typeof session === "string") this.session = session;
    this.received += `${text}\n`;
    return { status: response.statusCode, text, type: typeof type === "string" ? type : "" };
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
}

function eventMessages(text: string): Message[] {
  const found: Message[] = [];
  const parser = createParser({ onEvent: ({ data }) => found.push(...messagesIn(data)) });
  parser.feed(text.endsWith("\n\n") ? text : `${text}\n\n`);
  return found;
}
