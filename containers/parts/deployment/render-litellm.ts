import { basename } from "node:path";
import { servicePlace } from "../../../helpers/deployment/compose/file-names.ts";
import { modelForRun } from "../../../helpers/deployment/litellm/openai-providers.ts";
import { foreignCache } from "../../../helpers/deployment/services/cache-addresses.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import { readDatabaseUrlFromEnvironment } from "../databases/litellm-settings.ts";
import { leaveOutCache, leaveOutCacheVariables } from "./render-cache.ts";
import { leaveOutRemoteGuardrails } from "./render-guardrails.ts";
import { leaveOutRemoteLoggers } from "./render-loggers.ts";
import { type RenderContext, type RenderedService, renderService } from "./render-service.ts";
import { moveStartModel } from "./render-start-model.ts";
import { leaveOutConfig } from "./render-without-config.ts";

const reference = "os.environ/";

/** The config that the suite adds where LiteLLM has none. */
const addedConfig = "/gateway-conformance/config.yaml";

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
  const configs = deployment.litellmConfig.files.map((file) => ({ ...file, document: structuredClone(file.document) }));
  const withoutConfig = leaveOutConfig(deployment.litellm, rendered.command);
  if (configs.length === 0 && withoutConfig !== undefined) {
    rendered.command = withoutConfig.command;
    rendered.changes.push(withoutConfig.change);
  }
  const hasStartModel = deployment.litellmConfig.startModel !== undefined;
  if (configs.length === 0 && (Object.keys(servers).length > 0 || hasStartModel)) {
    configs.push({ file: addedConfig, inContainer: addedConfig, document: {} });
    rendered.environment.CONFIG_FILE_PATH = addedConfig;
    rendered.changes.push({
      where: servicePlace(deployment.litellm, "environment"),
      what: `set CONFIG_FILE_PATH=${addedConfig}`,
      why: hasStartModel
        ? "LiteLLM runs without a config, and a run needs one for the model of its command"
        : "LiteLLM runs without a config, and the suite's own upstreams need one",
    });
  }
  rendered.changes.push(...moveStartModel(configs, rendered.environment, deployment));
  // The last file that has mcp_servers replaces those of the files before it.
  const holder = configs.findLast(({ document }) => document.mcp_servers !== undefined) ?? configs[0];
  if (holder !== undefined && Object.keys(servers).length > 0)
    holder.document.mcp_servers = { ...(holder.document.mcp_servers as Record<string, unknown> | null), ...servers };
  const redis = foreignCache(deployment);
  if (redis !== undefined) {
    const where = servicePlace(deployment.litellm, "environment");
    rendered.changes.push(...leaveOutCacheVariables(rendered.environment, { where, redis }));
  }
  for (const { file, inContainer, document } of configs) {
    rendered.changes.push(
      ...redirectModels(document, basename(file), rendered.environment),
      ...leaveOutRemoteGuardrails(document, basename(file)),
      ...leaveOutRemoteLoggers(document, basename(file)),
      ...readDatabaseUrlFromEnvironment(document, basename(file), deployment),
      ...(redis === undefined ? [] : leaveOutCache(document, { file: basename(file), redis })),
    );
    // JSON is YAML 1.2, which is what LiteLLM's loader reads.
    const content = JSON.stringify(document, null, 2);
    const known = rendered.files.find(({ target }) => target === inContainer);
    if (known === undefined) rendered.files.push({ target: inContainer, content });
    else known.content = content;
  }
  for (const [name, value, why] of offlineSettings) {
    if (rendered.environment[name] !== undefined) continue;
    rendered.environment[name] = value;
    rendered.changes.push({
      where: servicePlace(deployment.litellm, "environment"),
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
  ["HF_HUB_OFFLINE", "1", "LiteLLM otherwise blocks for half a minute while it asks huggingface.co for a tokenizer"],
  ["LITELLM_TELEMETRY_DISABLED", "True", "no calls home from the throwaway network"],
];

/** Sends every model to the scripted model. Of a provider that speaks OpenAI's protocol only the address changes. */
function redirectModels(
  config: Record<string, unknown>,
  file: string,
  environment: Readonly<Record<string, string>>,
): RenderedChange[] {
  const models = config.model_list;
  if (!Array.isArray(models)) return [];
  const changes: RenderedChange[] = [];
  const resolved = (text: string): string | undefined =>
    text.startsWith(reference) ? environment[text.slice(reference.length)] : text;
  for (const [index, entry] of models.entries()) {
    const parameters = (entry as { litellm_params?: Record<string, unknown> }).litellm_params;
    if (parameters === undefined) continue;
    const written = String(parameters.model ?? "");
    const model = resolved(written) ?? written;
    const own = modelForRun(model);
    if (own !== model) parameters.model = own;
    parameters.api_base = `http://${modelProvider.host}:${modelProvider.port}/v1`;
    // LiteLLM makes no request without a key.
    if (resolved(String(parameters.api_key ?? reference)) === undefined) parameters.api_key = "sk-scripted-model";
    const renamed = own === model ? "" : `, model ${model} as ${own}`;
    changes.push({
      where: `${file}:model_list[${index}]`,
      what: `api_base ${String(parameters.api_base)}${renamed}`,
      why: "the scripted model replaces the provider",
    });
  }
  return changes;
}
