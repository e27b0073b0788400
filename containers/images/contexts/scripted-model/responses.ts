import {
  type Answer,
  type Api,
  defaultChunks,
  type Envelope,
  escapedJson,
  pieces,
  type StreamEvent,
} from "./answer.ts";
import { arrayOf, type JsonObject, objectOf } from "./json.ts";
import { offeredTools } from "./tools.ts";

/**
 * OpenAI's Responses API: https://platform.openai.com/docs/api-reference/responses
 *
 * Every response has all of the API's fields: LiteLLM 1.77.1 parses `response.created` strictly and ends the stream
 * with a 500 if `parallel_tool_calls`, `tool_choice`, `tools` or `top_p` is missing.
 */
export const responses: Api = {
  echoes: ["instructions", "tools"],

  read(body) {
    const { model, stream, input, tools } = objectOf(body);
    const items = arrayOf(input).map(objectOf);
    const sinceUser = items.slice(items.findLastIndex(({ role }) => role === "user") + 1);
    return {
      model: String(model ?? ""),
      stream: stream === true,
      offered: offeredTools(tools),
      toolResults: sinceUser.filter(isToolResult).map(({ output }) => outputText(output)),
    };
  },

  whole(answer, envelope, body) {
    return completed(itemsOf(answer, envelope), envelope, body);
  },

  events(answer, envelope, body, { chunks = defaultChunks }) {
    const begun = { ...responseOf(envelope, body), status: "in_progress", output: [] };
    const items = itemsOf(answer, envelope);
    const events: JsonObject[] = [
      { type: "response.created", response: begun },
      { type: "response.in_progress", response: begun },
      ...items.flatMap((item, index) => ("arguments" in item ? callEvents : messageEvents)(item, index, chunks)),
      { type: "response.completed", response: completed(items, envelope, body) },
    ];
    return events.map(({ type, ...fields }, sequence): StreamEvent => {
      return { name: String(type), data: escapedJson({ type, sequence_number: sequence, ...fields }) };
    });
  },
};

function isToolResult({ type }: JsonObject): boolean {
  return typeof type === "string" && type.endsWith("_call_output");
}

function outputText(output: unknown): string {
  if (typeof output === "string") return output;
  if (Array.isArray(output)) return output.map((part) => String(objectOf(part).text ?? "")).join("\n");
  return JSON.stringify(output);
}

type OutputItem = JsonObject & { id: string };

function itemsOf(answer: Answer, envelope: Envelope): OutputItem[] {
  if ("text" in answer) {
    const content = [textPart(answer.text)];
    return [{ type: "message", id: `msg_${envelope.id}`, status: "completed", role: "assistant", content }];
  }
  return answer.calls.map(({ id, name, namespace, arguments: input }, index) => ({
    type: "function_call",
    id: `fc_${envelope.id}_${index}`,
    status: "completed",
    call_id: id,
    name,
    // Codex finds the tool by both; without the namespace it reports an 'unsupported' call.
    ...(namespace === undefined ? {} : { namespace }),
    arguments: input,
  }));
}

function textPart(text: string): { type: string; text: string; annotations: never[]; logprobs: never[] } {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function messageEvents(item: OutputItem, index: number, chunks: number): JsonObject[] {
  const at = { item_id: item.id, output_index: index, content_index: 0 };
  const text = String(objectOf(arrayOf(item.content)[0]).text);
  return [
    added({ ...item, status: "in_progress", content: [] }, index),
    { type: "response.content_part.added", ...at, part: textPart("") },
    ...pieces(text, chunks).map((delta) => ({ type: "response.output_text.delta", ...at, delta, logprobs: [] })),
    { type: "response.output_text.done", ...at, text, logprobs: [] },
    { type: "response.content_part.done", ...at, part: textPart(text) },
    done(item, index),
  ];
}

function callEvents(item: OutputItem, index: number, chunks: number): JsonObject[] {
  const at = { item_id: item.id, output_index: index };
  const input = String(item.arguments);
  return [
    added({ ...item, status: "in_progress", arguments: "" }, index),
    ...pieces(input, chunks).map((delta) => ({ type: "response.function_call_arguments.delta", ...at, delta })),
    { type: "response.function_call_arguments.done", ...at, name: item.name, arguments: input },
    done(item, index),
  ];
}

function added(item: JsonObject, index: number): JsonObject {
  return { type: "response.output_item.added", output_index: index, item };
}

function done(item: JsonObject, index: number): JsonObject {
  return { type: "response.output_item.done", output_index: index, item };
}

function completed(output: readonly OutputItem[], envelope: Envelope, body: unknown): JsonObject {
  const { input, output: produced } = envelope.usage;
  return {
    ...responseOf(envelope, body),
    status: "completed",
    completed_at: envelope.createdAt,
    output,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: produced,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + produced,
    },
  };
}

/** The fields of every response, with the values of the request where it sets them. */
function responseOf({ id, createdAt }: Envelope, body: unknown): JsonObject {
  const request = objectOf(body);
  return {
    id: `resp_${id}`,
    object: "response",
    created_at: createdAt,
    completed_at: null,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    max_tool_calls: request.max_tool_calls ?? null,
    metadata: request.metadata ?? {},
    model: request.model,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: request.reasoning ?? { effort: null, summary: null },
    safety_identifier: null,
    service_tier: "default",
    store: request.store ?? true,
    temperature: request.temperature ?? 1,
    text: request.text ?? { format: { type: "text" } },
    tool_choice: request.tool_choice ?? "auto",
    tools: request.tools ?? [],
    top_logprobs: 0,
    top_p: request.top_p ?? 1,
    truncation: request.truncation ?? "disabled",
    usage: null,
    user: request.user ?? null,
  };
}
