import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ComposeService, Deployment } from "../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";
import type { PartFile, RunNetwork } from "./part.ts";
import { rigLabel } from "./part.ts";

/** Alias and port under which LiteLLM finds the scripted model. */
export const modelProvider = { host: "model-provider", port: 8080 } as const;

/** Port of Traefik's API inside its container, for the suite alone. */
export const traefikApiPort = 8099;

/** A service of compose.yaml, ready to be started, and what was changed for the throwaway network. */
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
  /** By the name in compose.yaml. */
  networks: ReadonlyMap<string, RunNetwork>;
}

/** Flags that the suite sets on Traefik, whatever the operator set them to, with the reason. */
const traefikFlags = (mark: string): readonly (readonly [string, string, string])[] => [
  [
    "providers.docker.constraints",
    `Label(\`${rigLabel}\`,\`${mark}\`)`,
    "Traefik's docker provider sees every container of the engine; only this rig's count",
  ],
  ["api.insecure", "true", "the suite reads the live routers from Traefik's API"],
  [`entryPoints.traefik.address`, `:${traefikApiPort}`, "the entry point of that API"],
  ["accesslog", "true", "which router and service took a request is read from the access log"],
  ["accesslog.addinternals", "true", "without it Traefik logs no request that an internal service answers (noop)"],
  ["providers.providersthrottleduration", "50ms", "labels count at once rather than after 2 s"],
  ["accesslog.format", "json", "so that the access log can be read by a program"],
  [
    "accesslog.fields.headers.names.User-Agent",
    "keep",
    "each request of the suite carries its id there, so that its log line is found",
  ],
  ["global.checknewversion", "false", "no calls home from the throwaway network"],
  ["global.sendanonymoususage", "false", "no calls home from the throwaway network"],
];

/** Flags that can't hold on a throwaway network, with the reason. */
const droppedTraefikFlags: readonly (readonly [RegExp, string])[] = [
  [/^accesslog\.filepath$/i, "the access log is read from the container's output"],
  [
    /^certificatesresolvers\./i,
    "no certificate authority can be asked from a throwaway network; Traefik's own is used",
  ],
  [/^providers\.docker\.endpoint$/i, "the engine's socket is mounted instead"],
];

/** Traefik as the operator runs it, plus what a throwaway network needs. */
export async function renderTraefik(context: RenderContext): Promise<RenderedService> {
  const { deployment, mark, networks } = context;
  const service = deployment.traefik;
  const rendered = await renderService(context, service);
  const where = `compose.yaml:${service.name}.command`;
  const command: string[] = [];
  const set = new Map(traefikFlags(mark).map(([flag, value, why]) => [flag.toLowerCase(), { flag, value, why }]));
  for (const argument of service.command ?? []) {
    const [flag = "", value = "true"] = splitFlag(argument);
    const dropped = droppedTraefikFlags.find(([pattern]) => pattern.test(flag));
    if (dropped) {
      rendered.changes.push({ where, what: `dropped --${flag}`, why: dropped[1] });
      continue;
    }
    const ours = set.get(flag.toLowerCase());
    if (ours !== undefined) {
      if (ours.flag === "providers.docker.constraints") ours.value = `(${value}) && ${ours.value}`;
      continue;
    }
    if (flag.toLowerCase() === "providers.docker.network") {
      command.push(`--${flag}=${networks.get(value)?.name ?? value}`);
      continue;
    }
    command.push(argument);
  }
  for (const { flag, value, why } of set.values()) {
    command.push(`--${flag}=${value}`);
    rendered.changes.push({ where, what: `set --${flag}=${value}`, why });
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
  ["LITELLM_LOCAL_MODEL_COST_MAP", "True", "the price list is otherwise fetched from the internet at boot"],
  ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True", "fetched from the internet otherwise"],
  ["LITELLM_LOCAL_BLOG_POSTS", "True", "fetched from the internet otherwise"],
  ["LITELLM_DISABLE_LATEST_RELEASE_CHECK", "True", "asks the internet otherwise"],
  ["LITELLM_TELEMETRY_DISABLED", "True", "no calls home from the throwaway network"],
];

/** Labels of the LiteLLM service, for whichever container stands in its place, with network names mapped to the run's. */
export function renderLabels({ deployment, networks }: RenderContext): Record<string, string> {
  return mapLabels(deployment.litellm, networks, basename(deployment.folder));
}

async function renderService(context: RenderContext, service: ComposeService): Promise<RenderedService> {
  const { files, directories } = await copyMounts(service);
  return {
    command: service.command === undefined ? undefined : [...service.command],
    environment: Object.fromEntries([...service.environment].map(([name, { value }]) => [name, value])),
    labels: mapLabels(service, context.networks, basename(context.deployment.folder)),
    files,
    directories,
    changes: [],
  };
}

function mapLabels(
  service: ComposeService,
  networks: ReadonlyMap<string, RunNetwork>,
  project: string,
): Record<string, string> {
  const labels: Record<string, string> = {
    // Traefik names what a label leaves unnamed after these, as it does behind docker compose.
    "com.docker.compose.project": project,
    "com.docker.compose.service": service.name,
  };
  for (const [name, { value }] of service.labels) {
    labels[name] = name.toLowerCase() === "traefik.docker.network" ? (networks.get(value)?.name ?? value) : value;
  }
  return labels;
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

/** Whether a bind mount is the engine's socket, which is mounted from where the engine really has it. */
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
      why: "the scripted model stands in for the provider",
    });
  }
  return changes;
}

function splitFlag(argument: string): [string, string | undefined] {
  const match = /^--?([^=]+)(?:=(.*))?$/s.exec(argument);
  return match ? [match[1] ?? "", match[2]] : [argument, undefined];
}

/** Names of the networks that a service is on, as the rig needs them: compose's default network where it names none. */
export function networksOf(service: ComposeService): ReadonlyMap<string, readonly string[]> {
  return service.networks.size > 0 ? service.networks : new Map([["default", []]]);
}
