import { z } from "zod";
import type { DeploymentView } from "../deployment-view.ts";
import type { ItemOf, Stated } from "../policy-input.ts";

const modelList = z.object({
  model_list: z
    .array(z.looseObject({ model_name: z.string(), litellm_params: z.looseObject({ model: z.string() }) }))
    .default([]),
});

/** The models of LiteLLM's config by their names, without patterns. */
export function stateModels({ config }: DeploymentView): Stated<ItemOf<"models">>[] {
  const read = modelList.safeParse(config?.document ?? {});
  if (!read.success) return [];
  const named = read.data.model_list.filter(({ model_name: name }) => !name.includes("*"));
  const first = new Map(named.toReversed().map(({ model_name: name, litellm_params: { model } }) => [name, model]));
  return [...new Set(named.map(({ model_name: name }) => name))].map((name) => ({
    value: { name, provider_model: providerModel(first.get(name) ?? name) },
  }));
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
