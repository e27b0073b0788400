import { z } from "zod";
import type { LiteLLMConfig } from "./types.ts";

const modelList = z.object({
  model_list: z
    .array(
      z.looseObject({
        model_name: z.string(),
        litellm_params: z.looseObject({ model: z.string() }),
        model_info: z.looseObject({ mode: z.string().nullish() }).nullish(),
      }),
    )
    .default([]),
});

/** An entry of `model_list`. */
export type ListedModel = z.output<typeof modelList>["model_list"][number];

/** In the names of models that answer no chat. */
const otherKinds = /embed|rerank|whisper|transcri|speech|\btts\b|image|dall-e|flux|diffusion|moderation|guard/i;

/** The entries of a config's `model_list`; none where it can't be read. */
export function listedModels(config: Pick<LiteLLMConfig, "document"> | undefined): readonly ListedModel[] {
  const read = modelList.safeParse(config?.document ?? {});
  return read.success ? read.data.model_list : [];
}

/** The names of the models that answer chats, patterns included (`openai/*`), in the config's order. */
export function chatModels(config: Pick<LiteLLMConfig, "document"> | undefined): string[] {
  return listedModels(config)
    .filter(
      ({ model_name: name, litellm_params: { model }, model_info: info }) =>
        (info?.mode ?? "chat") === "chat" && !otherKinds.test(`${name} ${model}`),
    )
    .map(({ model_name: name }) => name);
}
