import { z } from "zod";
import { resolveReference } from "./references.ts";
import type { LiteLLMConfig } from "./types.ts";

const listedModel = z.looseObject({
  model_name: z.string(),
  litellm_params: z.looseObject({ model: z.string() }),
  model_info: z.looseObject({ mode: z.string().nullish() }).nullish(),
});

/** An entry of `model_list`. */
export type ListedModel = z.output<typeof listedModel>;

/** In the names of models that answer no chat. */
const otherKinds = /embed|rerank|whisper|transcri|speech|\btts\b|image|dall-e|flux|diffusion|moderation|guard/i;

/** What the functions here read of a config. */
type ModelConfig = Pick<LiteLLMConfig, "document" | "environment">;

/**
 * The entries of a config's `model_list`, without those that can't be read. `os.environ/X` of a name and of a provider's model is
 * resolved, as LiteLLM does.
 */
export function listedModels(config: ModelConfig | undefined): readonly ListedModel[] {
  const list = config?.document.model_list;
  if (config === undefined || !Array.isArray(list)) return [];
  const resolved = (text: string): string => resolveReference(text, config.environment) ?? text;
  return list.flatMap((entry) => {
    const read = listedModel.safeParse(entry);
    if (!read.success) return [];
    const { model_name: name, litellm_params: params } = read.data;
    const model = resolved(params.model);
    return [{ ...read.data, model_name: resolved(name), litellm_params: { ...params, model } }];
  });
}

/** The names of the models that answer chats, patterns included (`openai/*`), in the config's order. */
export function chatModels(config: ModelConfig | undefined): string[] {
  return listedModels(config)
    .filter((model) => otherKind(model) === undefined)
    .map(({ model_name: name }) => name);
}

/** What says that a model answers no chat: its mode, or a word in its name; undefined for one that answers chats. */
export function otherKind({
  model_name: name,
  litellm_params: { model },
  model_info: info,
}: ListedModel): string | undefined {
  const mode = info?.mode ?? "chat";
  if (mode !== "chat") return `has the mode '${mode}'`;
  const [word] = otherKinds.exec(`${name} ${model}`) ?? [];
  return word === undefined ? undefined : `is taken for another kind by '${word}' in its name`;
}
