import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { ComposeService, Deployment } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartFile, RunNetwork } from "../part.ts";

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

/** Labels of the LiteLLM service for the container in its place, with network names mapped to the run's. */
export function renderLabels(context: RenderContext): Record<string, string> {
  return mapLabels(context, context.deployment.litellm);
}

/** A service as its compose file has it: command, environment, labels and bind mounts. */
export async function renderService(context: RenderContext, service: ComposeService): Promise<RenderedService> {
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
export function networkOfRun({ deployment, networks }: RenderContext, name: string): string {
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

/** The networks of a service with its aliases; compose's default network for a service that names none. */
export function networksOf(service: ComposeService): ReadonlyMap<string, readonly string[]> {
  return service.networks.size > 0 ? service.networks : new Map([["default", []]]);
}
