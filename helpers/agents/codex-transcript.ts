import { z } from "zod";

/** What one run of `codex exec --json` did; the format is that of Codex 0.169.0. */
export interface Transcript {
  threadId: string | undefined;
  /** MCP tool calls in the order in which they began. */
  toolCalls: AgentToolCall[];
  /** The agent's messages; the last one is its answer. */
  messages: string[];
  /** How the turn ended; undefined when it did not end, or did not begin. */
  turn: "completed" | "failed" | undefined;
  /** Why the turn failed or stalled, and lines that are not events. Each text once. */
  errors: string[];
  /** What Codex reports without failing, e.g. that it has no metadata for a model. */
  notices: string[];
  /** Every event, unchanged. */
  events: CodexEvent[];
}

/**
 * One call of an MCP tool. Only the status `completed` proves a result: Codex exits with 0 when every call has failed.
 */
export interface AgentToolCall {
  /** The server's name in the client's config, e.g. `litellm`. */
  server: string;
  /** The tool's name in the catalogue, e.g. `postgres-execute_sql`. */
  tool: string;
  /** Undefined when Codex does not report them (0.47). */
  arguments: unknown;
  /** The text parts of the result, one per line; empty when there are none. */
  resultText: string;
  /** Why Codex did not make the call. An error of the tool itself is in `resultText`, with the status `failed`. */
  error: string | undefined;
  /** `in_progress`: Codex ended before a result arrived. */
  status: "in_progress" | "completed" | "failed";
}

/** One line of the output. */
export type CodexEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** How Codex was run, for the readable transcript. */
export interface CodexRun {
  prompt: string;
  command: string;
  exitCode: number;
  seconds: number;
  /** The only place where Codex reports why it could not begin. */
  stderr?: string;
}

/**
 * Reads the standard output of `codex exec --json`. It does not throw: a line that is not an event is one of `errors`.
 */
export function readTranscript(stdout: string): Transcript {
  const transcript: Transcript = {
    threadId: undefined,
    toolCalls: [],
    messages: [],
    turn: undefined,
    errors: [],
    notices: [],
    events: [],
  };
  const calls = new Map<string, AgentToolCall>();
  // Only at line feeds: JSON may contain U+2028, which other splitters treat as a line break.
  for (const line of stdout.split("\n")) {
    if (line.trim() === "") continue;
    const event = parseEvent(line);
    if (event === undefined) addOnce(transcript.errors, `not an event: ${line}`);
    else {
      transcript.events.push(event);
      readEvent(event, transcript, calls);
    }
  }
  transcript.toolCalls = [...calls.values()];
  return transcript;
}

/** The transcript as Markdown: the prompt, each call with its result, the answer, and how the turn ended. */
export function transcriptMarkdown(transcript: Transcript, run: CodexRun): string {
  const { turn, toolCalls, messages, errors, notices } = transcript;
  const sections = [
    `# Codex: ${oneLine(run.prompt)}`,
    [
      `- command: ${code(run.command)}`,
      `- turn: ${turn ?? "did not end"}, exit code ${run.exitCode}, ${run.seconds.toFixed(1)} s`,
      `- thread: ${transcript.threadId ?? "not started"}`,
    ].join("\n"),
    "## Prompt",
    fence(run.prompt),
    ...toolCalls.flatMap((call, index) => [
      `## Call ${index + 1}: ${call.server}.${call.tool}, ${call.status}`,
      fence(JSON.stringify(call.arguments, null, 2), "json"),
      ...(call.error === undefined ? [] : [`Error: ${call.error}`]),
      call.resultText === "" ? "No result." : fence(call.resultText),
    ]),
    ...(toolCalls.length === 0 ? ["No tool was called."] : []),
    ...messages.flatMap((message, index) => [
      index === messages.length - 1 ? "## Answer" : `## Message ${index + 1}`,
      fence(message),
    ]),
    ...(messages.length === 0 ? ["There was no answer."] : []),
    ...listSection("Errors", errors),
    ...listSection("Notices", notices),
    ...(run.stderr === undefined || run.stderr.trim() === "" ? [] : ["## Standard error", fence(run.stderr.trimEnd())]),
  ];
  return `${sections.join("\n\n")}\n`;
}

const anyEvent = z.looseObject({ type: z.string() });
const item = <T extends z.ZodType>(content: T) => z.object({ item: content });
const toolCall = item(
  z.object({
    id: z.string(),
    type: z.literal("mcp_tool_call"),
    server: z.string(),
    tool: z.string(),
    // 0.47 reports neither arguments nor results.
    arguments: z.unknown().optional(),
    result: z.object({ content: z.array(z.object({ text: z.string().optional() })) }).nullish(),
    error: z.object({ message: z.string() }).nullish(),
    status: z.enum(["in_progress", "completed", "failed"]),
  }),
);
const agentMessage = item(z.object({ type: z.literal("agent_message"), text: z.string() }));
const notice = item(z.object({ type: z.literal("error"), message: z.string() }));
const failure = z.object({ error: z.object({ message: z.string() }) });

function parseEvent(line: string): CodexEvent | undefined {
  try {
    return anyEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function readEvent(event: CodexEvent, transcript: Transcript, calls: Map<string, AgentToolCall>): void {
  switch (event.type) {
    case "thread.started":
      transcript.threadId = z.object({ thread_id: z.string() }).safeParse(event).data?.thread_id;
      return;
    case "turn.completed":
      transcript.turn = "completed";
      return;
    case "turn.failed":
      transcript.turn = "failed";
      addOnce(transcript.errors, failure.safeParse(event).data?.error.message ?? JSON.stringify(event));
      return;
    case "error":
      addOnce(transcript.errors, z.object({ message: z.string() }).safeParse(event).data?.message ?? "no message");
      return;
  }
  const call = toolCall.safeParse(event).data?.item;
  if (call !== undefined) {
    // An item is reported when it begins and when it ends: a map keeps the position of the first report.
    calls.set(call.id, {
      server: call.server,
      tool: call.tool,
      arguments: call.arguments,
      resultText: (call.result?.content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text])).join("\n"),
      error: call.error?.message,
      status: call.status,
    });
  }
  if (event.type !== "item.completed") return;
  const message = agentMessage.safeParse(event).data?.item.text;
  if (message !== undefined) transcript.messages.push(message);
  const remark = notice.safeParse(event).data?.item.message;
  if (remark !== undefined) addOnce(transcript.notices, remark);
}

/** Once, because a failed turn repeats its error event. */
function addOnce(texts: string[], text: string): void {
  if (!texts.includes(text)) texts.push(text);
}

function listSection(title: string, texts: readonly string[]): string[] {
  return texts.length === 0 ? [] : [`## ${title}`, texts.map((text) => `- ${oneLine(text)}`).join("\n")];
}

/** A code block whose fence is longer than any in the text: tools may return Markdown. */
function fence(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  return `${marks}${language}\n${text}\n${marks}`;
}

function code(text: string): string {
  return text.includes("`") ? oneLine(text) : `\`${oneLine(text)}\``;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
