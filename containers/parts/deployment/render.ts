import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { formatFlag } from "../../../helpers/deployment/traefik/flags.ts";
import type { ComposeService, Deployment } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartFile, RunNetwork } from "../part.ts";
import { rigLabel } from "../part.ts";

/** Alias and port of the scripted model for LiteLLM. */
export const modelProvider = { host: "model-provider", port: 8080 } as const;

/** Port of Traefik's API inside its container, for the suite only. */
export const traefikApiPort = 8099;

/** A service of the compose file, ready to start, and what was changed for the throwaway network. */
export interface RenderedService {
  command: string[] | undefined;
  environment: Record<string, string>;
  labels: Record<string, string>;
  files: PartFile[];
  directories: { source: string; target: string }[];
  changes: RenderedChange[];
}

/** What rendering needs to know of the rig. */
export interface RenderContext {
  deployment: Deployment;
  /** Value of the rig label, which Traefik's docker provider is constrained to. */
  mark: string;
  /** By key in the compose file. */
  networks: ReadonlyMap<string, RunNetwork>;
}

/** Flags that the suite sets on Traefik, overriding the operator's, with the reason. */
const traefikFlags = (mark: string): readonly (readonly [string, string, string])[] => [
  [
    "providers.docker.constraints",
    `Label(\`${rigLabel}\`,\`${mark}\`)`,
    "Traefik's docker provider sees every container of the engine, and must use this rig's only",
  ],
  ["api.insecure", "true", "the suite reads the live routers from Traefik's API"],
  [`entryPoints.traefik.address`, `:${traefikApiPort}`, "the entry point of that API"],
  ["accesslog", "true", "the access log says which router and service handled a request"],
  [
    "accesslog.addinternals",
    "true",
    "without it Traefik does not log requests that an internal service answers (noop)",
  ],
  ["providers.providersthrottleduration", "50ms", "labels take effect immediately instead of after 2 s"],
  ["accesslog.format", "json", "a program reads the access log"],
  [
    "accesslog.fields.headers.names.User-Agent",
    "keep",
    "each request of the suite has its id there, which identifies its log line",
  ],
  ["global.checknewversion", "false", "no calls home from the throwaway network"],
  ["global.sendanonymoususage", "false", "no calls home from the throwaway network"],
];

/** Flags that do not work on a throwaway network, by option in lower case, with the reason. */
const droppedTraefikFlags: readonly (readonly [RegExp, string])[] = [
  [/^accesslog\.filepath$/, "the access log is read from the container's output"],
  [/^certificatesresolvers\./, "a throwaway network reaches no certificate authority; Traefik's own is used"],
  [/^providers\.docker\.endpoint$/, "the engine's socket is mounted instead"],
];

/** Traefik as the operator runs it, plus what a throwaway network needs. */
export async function renderTraefik(context: RenderContext): Promise<RenderedService> {
  const { deployment, mark } = context;
  const service = deployment.traefik;
  const rendered = await renderService(context, service);
  const where = `compose.yaml:${service.name}.command`;
  const command: string[] = [];
  const set = new Map(traefikFlags(mark).map(([flag, value, why]) => [flag.toLowerCase(), { flag, value, why }]));
  for (const { path, key, value } of deployment.traefikModel.static.options) {
    const option = path.join(".").toLowerCase();
    const dropped = droppedTraefikFlags.find(([pattern]) => pattern.test(option));
    if (dropped) {
      rendered.changes.push({ where, what: `dropped --${key}`, why: dropped[1] });
      continue;
    }
    const ours = set.get(option);
    if (ours !== undefined) {
      if (ours.flag === "providers.docker.constraints") ours.value = `(${value}) && ${ours.value}`;
      continue;
    }
    command.push(formatFlag(key, option === "providers.docker.network" ? networkOfRun(context, value) : value));
  }
  for (const { flag, value, why } of set.values()) {
    command.push(formatFlag(flag, value));
    rendered.changes.push({ where, what: `set ${formatFlag(flag, value)}`, why });
  }
  return { ...rendered, command };
}

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

/** Labels of the LiteLLM service for the container in its place, with network names mapped to the run's. */
export function renderLabels(context: RenderContext): Record<string, string> {
  return mapLabels(context, context.deployment.litellm);
}

async function renderService(context: RenderContext, service: ComposeService): Promise<RenderedService> {
  const { files, directories } = await copyMounts(service);
  return {
    command: service.command === undefined ? undefined : [...service.command],
    environment: Object.fromEntries([...service.environment].map(([name, { value }]) => [name, value])),
    labels: mapLabels(context, service),
    files,
    directories,
    changes: [],
  };
}

function mapLabels(context: RenderContext, service: ComposeService): Record<string, string> {
  const { compose, traefikModel } = context.deployment;
  const labels: Record<string, string> = {
    // Docker compose sets both; Traefik's default names of routers and services derive from them.
    "com.docker.compose.project": compose.project,
    "com.docker.compose.service": service.name,
  };
  for (const [name, { value }] of service.labels) labels[name] = value;
  const network = traefikModel.containers.find((container) => container.service.name === service.name)?.configuration
    .network;
  if (network !== undefined) labels[network.key] = networkOfRun(context, network.value);
  return labels;
}

/** The run's network for one of the deployment's, by its name on the gateway host or by its key in the compose file. */
function networkOfRun({ deployment, networks }: RenderContext, name: string): string {
  const declared = [...deployment.compose.networks].find(([, network]) => network.name === name)?.[0];
  return networks.get(declared ?? name)?.name ?? name;
}

async function copyMounts(service: ComposeService): Promise<Pick<RenderedService, "files" | "directories">> {
  const files: PartFile[] = [];
  const directories: { source: string; target: string }[] = [];
  for (const mount of service.mounts) {
    if (mount.kind !== "bind" || isEngineSocket(mount.source)) continue;
    const found = await stat(mount.source);
    if (found.isDirectory()) directories.push({ source: mount.source, target: mount.target });
    else if (found.isFile()) files.push({ target: mount.target, content: await readFile(mount.source) });
  }
  return { files, directories };
}

/** Whether a bind mount is the engine's socket, which the run mounts from the engine's own path. */
export function isEngineSocket(source: string): boolean {
  return basename(source) === "docker.sock";
}

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

/** The networks of a service with its aliases; compose's default network for a service that names none. */
export function networksOf(service: ComposeService): ReadonlyMap<string, readonly string[]> {
  return service.networks.size > 0 ? service.networks : new Map([["default", []]]);
}
