import type { ListingState } from "./listing-states.ts";

/** A tool as `tools/list` returns it. */
export type ListedTool = Record<string, unknown> & { name: string };

/** The outcome of a tool call. */
export type Outcome =
  | { result: Record<string, unknown> }
  /** A JSON-RPC error instead of a result. */
  | { error: { code: number; message: string } }
  /** The connection is closed without a response. */
  | { closes: true }
  /** The result comes after this time, in seconds. */
  | { after: number; result: Record<string, unknown> };

/** How one of the server's endpoints behaves. */
export interface Behaviour {
  /** One page of the listing. */
  list(cursor: string | undefined): { tools: ListedTool[]; nextCursor?: string };
  /** Calls a tool. */
  call(tool: string, input: Readonly<Record<string, unknown>>): Outcome;
  /** Accepts connections and never answers. */
  silent?: boolean;
  /** What it does with a listing until a check changes that; without it, it always answers. */
  listing?: ListingState;
}

const anyInput = { type: "object", properties: { token: { type: "string" } } };
const tool = (name: string, rest: Record<string, unknown> = {}): ListedTool => ({
  name,
  description: `The tool ${name}.`,
  inputSchema: anyInput,
  ...rest,
});
const text = (value: string): Record<string, unknown> => ({ content: [{ type: "text", text: value }] });
const answered = (name: string, input: Readonly<Record<string, unknown>>): { result: Record<string, unknown> } => ({
  result: text(`${name} got ${String(input.token ?? "no token")}`),
});
const echo = (name: string, input: Readonly<Record<string, unknown>>): Outcome => answered(name, input);
const one = (...tools: ListedTool[]): Behaviour => ({ list: () => ({ tools }), call: echo });

/** The longest text that `huge` returns, in characters. */
const maxCharacters = 20_000_000;

/** The behaviours, by the first path segment of their URLs. */
export const behaviours: Readonly<Record<string, Behaviour>> = {
  /** Refuses to list its tools until a check lets it. First, because LiteLLM lists its servers in this order when it boots. */
  reserved: { ...one(tool("kept")), listing: "refuses" },
  /** Lists its tools when a check lets it. */
  held: { ...one(tool("slow"), tool("late")), listing: "answers" },
  /** The listing is correct; each tool fails in a different way. */
  unwell: {
    list: () => ({
      tools: [
        tool("answer"),
        tool("refuse"),
        tool("fail"),
        tool("die"),
        tool("wait", {
          inputSchema: { type: "object", properties: { token: { type: "string" }, seconds: { type: "number" } } },
        }),
        tool("huge", { inputSchema: { type: "object", properties: { size: { type: "integer" } } } }),
        tool("structured", {
          title: "A structured answer",
          annotations: { readOnlyHint: true, destructiveHint: false },
          outputSchema: {
            type: "object",
            properties: { token: { type: "string" }, count: { type: "integer" } },
            required: ["token", "count"],
          },
        }),
      ],
    }),
    call(name, input) {
      switch (name) {
        case "refuse":
          return { result: { ...text(`refused ${String(input.token)}`), isError: true } };
        case "fail":
          return { error: { code: -32001, message: `the upstream's own error ${String(input.token)}` } };
        case "die":
          return { closes: true };
        case "wait":
          return { after: Number(input.seconds ?? 0), ...answered(name, input) };
        case "huge":
          return { result: text("x".repeat(Math.min(Number(input.size ?? 0), maxCharacters))) };
        case "structured": {
          const answer = { token: String(input.token), count: 3 };
          return { result: { ...text(JSON.stringify(answer)), structuredContent: answer } };
        }
        default:
          return echo(name, input);
      }
    },
  },
  /** Three pages of two tools. */
  pages: {
    list: (cursor = "1") => ({
      tools: [tool(`page_${cursor}_first`), tool(`page_${cursor}_second`)],
      ...(Number(cursor) < 3 ? { nextCursor: String(Number(cursor) + 1) } : {}),
    }),
    call: echo,
  },
  /** A listing that returns the same cursor on every page. */
  looping: { list: () => ({ tools: [tool("round")], nextCursor: "again" }), call: echo },
  /** A tool with an empty input schema, without even `type: object`, next to a valid one. */
  untyped: one(tool("sound"), tool("untyped", { inputSchema: {} })),
  /** Two tools of the same name. */
  twins: one(tool("twin", { description: "The first." }), tool("twin", { description: "The second." }), tool("single")),
  silent: { ...one(tool("never_seen")), silent: true },
};
