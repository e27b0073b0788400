import { chatModels, listedModels } from "../../litellm/chat-models.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { ItemOf, Stated } from "../policy-input.ts";

/** The models of LiteLLM's config by their names; none where a pattern is among them: which models it offers is in no file. */
export function stateModels({ config }: DeploymentView): Stated<ItemOf<"models">>[] {
  const listed = listedModels(config);
  if (listed.some(({ model_name: name }) => name.includes("*"))) return [];
  // LiteLLM distributes requests for one name among its entries.
  const byName = Map.groupBy(listed, ({ model_name: name }) => name);
  return [...byName].map(([name, entries]) => {
    const [first = name, ...others] = new Set(entries.map(({ litellm_params: { model } }) => providerModel(model)));
    return { value: { name, provider_model: others.length === 0 ? first : [first, ...others] } };
  });
}

/** Stands for the rest of a pattern: the run's provider has every model. */
const anyModel = "gpt-5";

/** The first model that a chat can ask for, by its name, else one of the first pattern; undefined where the config has neither. */
export function chatModel({ config }: DeploymentView): string | undefined {
  const names = chatModels(config);
  return names.find((name) => !name.includes("*")) ?? names[0]?.replace("*", anyModel);
}

/** The names with a pattern, e.g. `openai/*`. */
export function modelPatterns({ config }: DeploymentView): string[] {
  return listedModels(config).flatMap(({ model_name: name }) => (name.includes("*") ? name : []));
}

/** `gpt-5` for `openai/gpt-5`. */
function providerModel(model: string): string {
  return model.includes("/") ? model.slice(model.indexOf("/") + 1) : model;
}
