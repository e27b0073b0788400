import { z } from "zod";
import type { StreamedEvent } from "./chat-request.ts";

const call = z.looseObject({
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }),
});
const answer = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        finish_reason: z.string().nullish(),
        message: z.looseObject({ content: z.string().nullish(), tool_calls: z.array(call).nullish() }),
      }),
    )
    .min(1),
});
const chunk = z.looseObject({
  choices: z.array(
    z.looseObject({
      finish_reason: z.string().nullish(),
      delta: z.looseObject({
        content: z.string().nullish(),
        tool_calls: z.array(z.looseObject({ index: z.number(), ...call.partial().shape })).nullish(),
      }),
    }),
  ),
});

/** The content of a chat completion, streamed or not. */
export interface ChatAnswer {
  text: string;
  toolCalls: { id: string; name: string; arguments: string }[];
  finishReason: string | undefined;
}

/** Reads a chat completion that is one JSON object; undefined for any other body. */
export function wholeAnswer(body: string | undefined): ChatAnswer | undefined {
  try {
    const [choice] = answer.parse(JSON.parse(body ?? "")).choices;
    return {
      text: choice?.message.content ?? "",
      toolCalls: (choice?.message.tool_calls ?? []).map(({ id, function: called }) => ({
        id: id ?? "",
        name: called.name ?? "",
        arguments: called.arguments ?? "",
      })),
      finishReason: choice?.finish_reason ?? undefined,
    };
  } catch {
    return undefined;
  }
}

/** Joins the chunks of a streamed chat completion as a client does: calls by their index. */
export function joined(chunks: readonly StreamedEvent[]): ChatAnswer {
  const whole: ChatAnswer = { text: "", toolCalls: [], finishReason: undefined };
  for (const event of chunks) {
    for (const { delta, finish_reason: reason } of chunk.safeParse(event).data?.choices ?? []) {
      whole.text += delta.content ?? "";
      whole.finishReason = reason ?? whole.finishReason;
      for (const { index, id, function: called } of delta.tool_calls ?? []) {
        whole.toolCalls[index] ??= { id: "", name: "", arguments: "" };
        const call = whole.toolCalls[index];
        call.id += id ?? "";
        call.name += called?.name ?? "";
        call.arguments += called?.arguments ?? "";
      }
    }
  }
  return whole;
}
