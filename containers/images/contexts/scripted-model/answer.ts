import type { CallTurn, SayTurn, StreamShape, ToolNotOffered } from "./protocol.ts";
import { displayName, findTool, type OfferedTool } from "./tools.ts";

/** What a request, of either API, says to a script. */
export interface Conversation {
  model: string;
  /** The client asks for a stream of events. */
  stream: boolean;
  offered: OfferedTool[];
  /** Texts of the tool results since the last user message. */
  toolResults: string[];
}

/** What the model answers, before it is put into the words of an API. */
export type Answer = { text: string } | { calls: OfferedCall[] };

/** A call in the client's own names. */
export interface OfferedCall extends OfferedTool {
  /** Unique within the conversation. */
  id: string;
  /** JSON. */
  arguments: string;
}

/** One event of a stream. */
export interface StreamEvent {
  /** Responses API: repeated as the event's SSE name. */
  name?: string;
  /** JSON, but for the `[DONE]` of chat completions. */
  data: string;
}

/** What every answer carries beside its content. */
export interface Envelope {
  /** Unique per request, e.g. `7`; each API puts its own prefix before it. */
  id: string;
  /** Seconds since the epoch. */
  createdAt: number;
  /** Tokens, estimated: four characters each. */
  usage: { input: number; output: number };
}

/** One API: how its requests are read and its answers written. */
export interface Api {
  read(body: unknown): Conversation;
  /** The answer as one JSON object. */
  whole(answer: Answer, envelope: Envelope, body: unknown): object;
  /** The answer as events. */
  events(answer: Answer, envelope: Envelope, body: unknown, shape: StreamShape): StreamEvent[];
  /** Fields of {@link whole} that only repeat the request. */
  readonly echoes: readonly string[];
}

/** The answer of a turn to a conversation; a tool that was not offered makes it a text that says so. */
export function answerOf(
  turn: SayTurn | CallTurn,
  { offered, toolResults }: Conversation,
  callId: (index: number) => string,
): { answer: Answer; toolNotOffered?: ToolNotOffered } {
  if ("say" in turn) {
    const { say } = turn;
    if (typeof say === "string") return { answer: { text: say } };
    // A function: `$&` in a tool's output means nothing.
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

/** Four characters a token: a size to add up, not a tokeniser's count. */
export function tokensIn(text: string): number {
  return Math.ceil(text.length / 4);
}

/**
 * JSON without raw line separators: they are allowed, but LiteLLM 1.77.1 splits events at them (Python's `splitlines`)
 * and drops the halves in silence.
 */
export function wireJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u0085\u2028\u2029]/g, (separator) => {
    return `\\u${separator.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Cuts a text into pieces of nearly one length, none of them empty, no character torn apart. */
export function pieces(text: string, count: number): string[] {
  const characters = Array.from(text);
  const size = Math.max(1, Math.ceil(characters.length / count));
  const cut: string[] = [];
  for (let at = 0; at < characters.length; at += size) cut.push(characters.slice(at, at + size).join(""));
  return cut;
}

/** Pieces where the shape doesn't say. */
export const defaultChunks = 4;

function notOfferedText({ tool, offered }: ToolNotOffered): string {
  return `tool not offered: ${tool}; offered: ${offered.length === 0 ? "none" : offered.join(", ")}`;
}
