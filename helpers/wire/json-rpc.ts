import { createParser } from "eventsource-parser";
import { type Exchange, header } from "./exchange.ts";

/** A JSON-RPC 2.0 message as it came, not yet validated against MCP's schema. */
export type Message = Record<string, unknown>;

/**
 * The JSON-RPC messages of a response, whichever way it is framed: `application/json` (LiteLLM 1.77.1) or one SSE event
 * a message (1.106.2). Empty when the body holds none.
 */
export function messagesOf(exchange: Exchange): Message[] {
  const { response } = exchange;
  if (response === undefined) return [];
  const texts: string[] = [];
  if (header(response.headers, "content-type")?.startsWith("text/event-stream")) {
    const parser = createParser({ onEvent: ({ data }) => texts.push(data) });
    parser.feed(response.body.endsWith("\n\n") ? response.body : `${response.body}\n\n`);
  } else {
    texts.push(response.body);
  }
  return texts.flatMap((text) => parse(text) ?? []);
}

/** The result of the request with the id, or undefined when the response holds none. */
export function resultOf(exchange: Exchange, id: number | string): Message | undefined {
  const result = messagesOf(exchange).find((message) => message.id === id)?.result;
  return isMessage(result) ? result : undefined;
}

function parse(text: string): Message[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value.filter(isMessage);
    return isMessage(value) ? [value] : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
