import { basename } from "node:path";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import { type RenderContext, type RenderedService, renderService } from "./render-service.ts";

/** Alias and port of the scripted model for LiteLLM. */
export const modelProvider = { host: "model-provider", port: 8080 } as const;

/**
 * LiteLLM as the operator runs it, with the scripted model behind each model name.
 *
 * @param servers added to the config's `mcp_servers`, by name
 */
export async function renderLiteLLM(
  context: RenderContext,
  servers: Readonly<Record<string, unknown>> = {},
): Promise<RenderedService> {
  const { deployment } = context;
  const rendered = await renderService(context, deployment.litellm);
  const config = structuredClone(deployment.litellmConfig.document);
  config.mcp_servers = { ...(config.mcp_servers as Record<string, unknown> | undefined), ...servers };
  rendered.changes.push(...redirectModels(config, basename(deployment.litellmConfig.file)));
  const target = deployment.litellm.mounts.find(({ source }) => source === deployment.litellmConfig.file)?.target;
  const file = rendered.files.find((candidate) => candidate.target === target);
  // JSON is YAML 1.2, which is what LiteLLM's loader reads.
  if (file) file.content = JSON.stringify(config, null, 2);
  for (const [name, value, why] of offlineSettings) {
    if (rendered.environment[name] !== undefined) continue;
    rendered.environment[name] = value;
    rendered.changes.push({
      where: `compose.yaml:${deployment.litellm.name}.environment`,
      what: `set ${name}=${value}`,
      why,
    });
  }
  return rendered;
}

/** LiteLLM's own switches for a network without a way out. */
const offlineSettings: readonly (readonly [string, string, string])[] = [
  ["LITELLM_LOCAL_MODEL_COST_MAP", "True", "LiteLLM otherwise fetches its price list from the internet when it starts"],
  ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True", "LiteLLM otherwise fetches it from the internet"],
  ["LITELLM_LOCAL_BLOG_POSTS", "True", "LiteLLM otherwise fetches it from the internet"],
  ["LITELLM_DISABLE_LATEST_RELEASE_CHECK", "True", "LiteLLM otherwise asks the internet"],
  ["LITELLM_TELEMETRY_DISABLED", "True", "no calls home from the throwaway network"],
];

function redirectModels(config: Record<string, unknown>, file: string): RenderedChange[] {
  const models = config.model_list;
  if (!Array.isArray(models)) return [];
  const changes: RenderedChange[] = [];
  for (const [index, entry] of models.entries()) {
    const parameters = (entry as { litellm_params?: Record<string, unknown> }).litellm_params;
    if (parameters === undefined) continue;
    const model = String(parameters.model ?? "");
    const [provider = "", ...rest] = model.split("/");
    if (provider !== "openai") parameters.model = `openai/${rest.length > 0 ? rest.join("/") : provider}`;
    parameters.api_base = `http://${modelProvider.host}:${modelProvider.port}/v1`;
    parameters.api_key ??= "sk-scripted-model";
    const renamed = parameters.model === model ? "" : `, model ${model} as ${String(parameters.model)}`;
    changes.push({
      where: `${file}:model_list[${index}]`,
      what: `api_base ${String(parameters.api_base)}${renamed}`,
      why: "the scripted model replaces the provider",
    });
  }
  return changes;
}
