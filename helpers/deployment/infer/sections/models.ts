import { z } from "zod";
import type { DeploymentView } from "../deployment-view.ts";
import type { ItemOf, Stated } from "../policy-input.ts";

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

/** The models of LiteLLM's config by their names; none where a pattern is among them: which models it offers is in no file. */
export function stateModels({ config }: DeploymentView): Stated<ItemOf<"models">>[] {
  const read = modelList.safeParse(config?.document ?? {});
  if (!read.success || read.data.model_list.some(({ model_name: name }) => name.includes("*"))) return [];
  // LiteLLM distributes requests for one name among its entries.
  const byName = Map.groupBy(read.data.model_list, ({ model_name: name }) => name);
  return [...byName].map(([name, entries]) => {
    const [first = name, ...others] = new Set(entries.map(({ litellm_params: { model } }) => providerModel(model)));
    return { value: { name, provider_model: others.length === 0 ? first : [first, ...others] } };
  });
}

/** In the names of models that answer no chat. */
const otherKinds = /embed|rerank|whisper|transcri|speech|\btts\b|image|dall-e|flux|diffusion|moderation|guard/i;

/** Stands for the rest of a pattern: the run's provider has every model. */
const anyModel = "gpt-5";

/** The first model that a chat can ask for, by its name, else one of the first pattern; undefined where the config has neither. */
export function chatModel({ config }: DeploymentView): string | undefined {
  const read = modelList.safeParse(config?.document ?? {});
  const models = read.success ? read.data.model_list : [];
  const chats = models.filter(
    ({ model_name: name, litellm_params: { model }, model_info: info }) =>
      (info?.mode ?? "chat") === "chat" && !otherKinds.test(`${name} ${model}`),
  );
  const names = chats.map(({ model_name: name }) => name);
  return names.find((name) => !name.includes("*")) ?? names[0]?.replace("*", anyModel);
}

/** The names with a pattern, e.g. `openai/*`. */
export function modelPatterns({ config }: DeploymentView): string[] {
  const read = modelList.safeParse(config?.document ?? {});
  return read.success ? read.data.model_list.flatMap(({ model_name: name }) => (name.includes("*") ? name : [])) : [];
}

/** `gpt-5` for `openai/gpt-5`. */
function providerModel(model: string): string {
  return model.includes("/") ? model.slice(model.indexOf("/") + 1) : model;
}
