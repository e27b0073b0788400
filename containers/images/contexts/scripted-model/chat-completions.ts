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

/** OpenAI's chat completions: https://platform.openai.com/docs/api-reference/chat */
export const chatCompletions: Api = {
  echoes: [],

  read(body) {
    const { model, stream, messages, tools } = objectOf(body);
    const all = arrayOf(messages).map(objectOf);
    const sinceUser = all.slice(all.findLastIndex(({ role }) => role === "user") + 1);
    return {
      model: String(model ?? ""),
      stream: stream === true,
      offered: offeredTools(tools),
      toolResults: sinceUser.filter(({ role }) => role === "tool").map(({ content }) => contentText(content)),
    };
  },

  whole(answer, envelope, body) {
    return {
      ...head("chat.completion", envelope, body),
      choices: [{ index: 0, message: messageOf(answer), logprobs: null, finish_reason: finishReason(answer) }],
      usage: usageOf(envelope),
    };
  },

  events(answer, envelope, body, { chunks = defaultChunks }) {
    const withUsage = objectOf(objectOf(body).stream_options).include_usage === true;
    const chunk = (fields: JsonObject): StreamEvent => ({
      data: escapedJson({ ...head("chat.completion.chunk", envelope, body), ...fields }),
    });
    const delta = (content: JsonObject, finish: string | null = null): StreamEvent =>
      chunk({
        choices: [{ index: 0, delta: content, logprobs: null, finish_reason: finish }],
        // With include_usage the field is null in all chunks but the last.
        ...(withUsage ? { usage: null } : {}),
      });
    return [
      delta({ role: "assistant", content: "calls" in answer ? null : "" }),
      ...deltasOf(answer, chunks).map((content) => delta(content)),
      delta({}, finishReason(answer)),
      ...(withUsage ? [chunk({ choices: [], usage: usageOf(envelope) })] : []),
      { data: "[DONE]" },
    ];
  },
};

function head(object: string, { id, createdAt }: Envelope, body: unknown): JsonObject {
  return {
    id: `chatcmpl-${id}`,
    object,
    created: createdAt,
    model: objectOf(body).model,
    // LiteLLM reads it from every answer of groq.
    service_tier: "default",
    system_fingerprint: null,
  };
}

function messageOf(answer: Answer): JsonObject {
  if ("text" in answer) return { role: "assistant", content: answer.text, refusal: null };
  const calls = answer.calls.map(({ id, name, arguments: input }) => ({
    id,
    type: "function",
    function: { name, arguments: input },
  }));
  return { role: "assistant", content: null, refusal: null, tool_calls: calls };
}

function deltasOf(answer: Answer, chunks: number): JsonObject[] {
  if ("text" in answer) return pieces(answer.text, chunks).map((content) => ({ content }));
  return answer.calls.flatMap(({ id, name, arguments: input }, index) => [
    { tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] },
    ...pieces(input, chunks).map((piece) => ({ tool_calls: [{ index, function: { arguments: piece } }] })),
  ]);
}

function finishReason(answer: Answer): string {
  return "calls" in answer ? "tool_calls" : "stop";
}

function usageOf({ usage: { input, output } }: Envelope): JsonObject {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  return arrayOf(content)
    .map((part) => String(objectOf(part).text ?? ""))
    .join("");
}
