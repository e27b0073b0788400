import { createParser } from "eventsource-parser";
import { type Exchange, header } from "./exchange.ts";

/** A JSON-RPC 2.0 message as received, not yet validated against MCP's schema. */
export type Message = Record<string, unknown>;

/**
 * The JSON-RPC messages of a response, in either framing: `application/json` (LiteLLM 1.77.1), or one SSE event per
 * message (1.106.2). Empty when the body contains none.
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
  return texts.flatMap(messagesIn);
}

/** The JSON-RPC messages of a body: one, a batch, or none if the body is not JSON. */
export function messagesIn(text: string): Message[] {
  // Most bodies are not JSON, and an exception for each of hundreds costs more than this look at the first character.
  if (!/^\s*[[{]/.test(text)) return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value.filter(isMessage);
    return isMessage(value) ? [value] : [];
  } catch {
    return [];
  }
}

/** The JSON-RPC error for the request with this id, or undefined when the response contains none. */
export function errorOf(
  exchange: Exchange,
  id: number | string | null,
): { code: unknown; message: unknown } | undefined {
  const error = messagesOf(exchange).find((message) => message.id === id)?.error;
  return isMessage(error) ? { code: error.code, message: error.message } : undefined;
}

/** The JSON-RPC result for the request with this id, or undefined when the response contains none. */
export function resultOf(exchange: Exchange, id: number | string): Message | undefined {
  const result = messagesOf(exchange).find((message) => message.id === id)?.result;
  return isMessage(result) ? result : undefined;
}

/** Whether a value is a JSON object. */
export function isMessage(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
