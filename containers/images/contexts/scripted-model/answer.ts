import type { CallTurn, SayTurn, StreamShape, ToolNotOffered } from "./protocol.ts";
import { displayName, findTool, type OfferedTool } from "./tools.ts";

/** What a script needs from a request of either API. */
export interface Conversation {
  model: string;
  /** The client requests an event stream. */
  stream: boolean;
  offered: OfferedTool[];
  /** Texts of the tool results since the last user message. */
  toolResults: string[];
}

/** The model's answer, independent of the API. */
export type Answer = { text: string } | { calls: OfferedCall[] };

/** A call, with the name that the client offered. */
export interface OfferedCall extends OfferedTool {
  /** Unique within the conversation. */
  id: string;
  /** A JSON text. */
  arguments: string;
}

/** One event of a stream. */
export interface StreamEvent {
  /** The SSE event name, in the Responses API. */
  name?: string;
  /** A JSON text, or `[DONE]` in chat completions. */
  data: string;
}

/** The fields of an answer other than its content. */
export interface Envelope {
  /** Unique per request, e.g. `7`; each API adds its own prefix. */
  id: string;
  /** Seconds since the epoch. */
  createdAt: number;
  /** Numbers of tokens, estimated at four characters each. */
  usage: { input: number; output: number };
}

/** An API: reads its requests and writes its answers. */
export interface Api {
  /** Reads a request's JSON body. */
  read(body: unknown): Conversation;
  /** The answer as one JSON object. */
  whole(answer: Answer, envelope: Envelope, body: unknown): object;
  /** The answer as events. */
  events(answer: Answer, envelope: Envelope, body: unknown, shape: StreamShape): StreamEvent[];
  /** Fields of {@link whole} that only repeat the request. */
  readonly echoes: readonly string[];
}

/** The answer of a turn to a conversation. If a tool is not offered, the answer is a text that says so. */
export function answerOf(
  turn: SayTurn | CallTurn,
  { offered, toolResults }: Conversation,
  callId: (index: number) => string,
): { answer: Answer; toolNotOffered?: ToolNotOffered } {
  if ("say" in turn) {
    const { say } = turn;
    if (typeof say === "string") return { answer: { text: say } };
    // A replacer function, so that `$&` in a tool's output stays as it is.
    const text = (say.template ?? "{results}").replaceAll("{results}", () => toolResults.join("\n"));
    return { answer: { text } };
  }
  const calls: OfferedCall[] = [];
  for (const [index, call] of turn.call.entries()) {
    const tool = findTool(offered, call.tool);
    if (tool === undefined) {
      const toolNotOffered = { tool: call.tool, offered: offered.map(displayName) };
      return { answer: { text: notOfferedText(toolNotOffered) }, toolNotOffered };
    }
    calls.push({ ...tool, id: callId(index), arguments: JSON.stringify(call.arguments) });
  }
  return { answer: { calls } };
}

/** An estimate of four characters per token, not a tokeniser's count. */
export function tokensIn(text: string): number {
  return Math.ceil(text.length / 4);
}

/**
 * JSON without unescaped line separators. JSON allows them, but LiteLLM 1.77.1 splits events at them (Python's
 * `splitlines`) and drops both halves without an error.
 */
export function escapedJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u0085\u2028\u2029]/g, (separator) => {
    return `\\u${separator.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Splits a text into at most `count` pieces of about the same length; none is empty, and no character is split. */
export function pieces(text: string, count: number): string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / count));
  const cut: string[] = [];
  for (let at = 0; at < characters.length; at += size) cut.push(characters.slice(at, at + size).join(""));
  return cut;
}

/** The number of pieces when a turn's `stream` has no `chunks`. */
export const defaultChunks = 4;

function notOfferedText({ tool, offered }: ToolNotOffered): string {
  return `tool not offered: ${tool}; offered: ${offered.length === 0 ? "none" : offered.join(", ")}`;
}
