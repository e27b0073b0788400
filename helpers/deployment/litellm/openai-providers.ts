import type { Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { nodeAt, type YamlMap } from "../source/yaml-tree.ts";

/**
 * Providers that speak OpenAI's protocol: with another `api_base` alone, LiteLLM sends them `POST <api_base>/chat/completions`
 * and reads the answer. Measured with every provider of 1.77.1 and 1.106.2.
 */
const openAiProviders = new Set(
  (
    "openai aiml baseten cerebras cometapi custom_openai dashscope deepinfra deepseek featherless_ai fireworks_ai friendliai " +
    "groq hosted_vllm hyperbolic lambda_ai litellm_proxy llamafile lm_studio meta_llama mistral moonshot morph nebius novita nscale " +
    "nvidia_nim openrouter perplexity sambanova together_ai v0 vercel_ai_gateway volcengine xai xinference"
  ).split(" "),
);

/**
 * The model's name in LiteLLM's config by which a run reaches the scripted model: unchanged where the provider speaks
 * OpenAI's protocol, else the same name of the provider `openai`.
 *
 * @param model `provider/name`, or a name alone, whose provider LiteLLM infers
 */
export function modelForRun(model: string): string {
  const [provider = "", ...rest] = model.split("/");
  if (rest.length === 0) return `openai/${model}`;
  return openAiProviders.has(provider) ? model : `openai/${rest.join("/")}`;
}

/** Notes each model whose provider's protocol no check sees. */
export function noteProviders(root: YamlMap, notes: NoteList): void {
  const list = nodeAt(root, "model_list");
  if (list?.kind !== "list") return;
  for (const item of list.items) {
    const model = nodeAt(item, "litellm_params", "model");
    if (model?.kind === "scalar" && typeof model.value === "string")
      noteProvider({ value: model.value, location: model.location }, notes);
  }
}

/** Notes a model whose provider's protocol no check sees. */
export function noteProvider({ value: model, location }: Written<string>, notes: NoteList): void {
  if (!model.includes("/") || modelForRun(model) === model || model.startsWith("os.environ/")) return;
  notes.add(
    "not-proved",
    location,
    `the model '${model}' runs as '${modelForRun(model)}'`,
    `the scripted model speaks OpenAI's protocol, and ${model.split("/")[0]} another one: how LiteLLM translates it is not tried`,
  );
}
