import { relative } from "node:path";
import { openWebUiAddresses } from "./clients/open-webui.ts";
import { serviceOfClient } from "./clients/service-place.ts";
import { namedDatabase } from "./litellm/database.ts";
import { hasConfig, isInService } from "./policy/configured-client.ts";
import { originOf } from "./services/origins.ts";
import type { DeploymentNote } from "./source/note-list.ts";
import type { Deployment, PolicyClient } from "./types.ts";

/** The summary of a deployment for a report; it contains no secret's value. */
export interface DeploymentOutline {
  hosts: readonly { name: string; url: string; zone: string }[];
  /** LiteLLM's config, relative to the folder; begins with {@link noConfigFile} where no file of the deployment is it. */
  config: string;
  /** The upstreams that it registers. */
  upstreams: readonly { name: string; transport: string; source: string; version: string | null }[];
  /** The env file, relative to the folder, and the variables that hold a secret. */
  secrets: { file: string; names: readonly string[] };
  /** Each client with the addresses that its config names, its service where that has them, or `a config of the suite's own`. */
  clients: readonly { name: string; kind: string; config: string; addresses: readonly string[] }[];
  /** What a reader should know about the files: what is ignored, changed or not proved. */
  notes: readonly DeploymentNote[];
}

/** How {@link DeploymentOutline.config} begins where it is not a path. */
export const noConfigFile = "no file of the deployment";

/** Summarises a deployment. */
export function outlineOf(deployment: Deployment): DeploymentOutline {
  const { folder, policy, facts, litellmConfig } = deployment;
  return {
    hosts: policy.hosts.map((host) => ({ name: host.name, url: originOf(deployment, host), zone: host.zone })),
    config: litellmConfig.files.length === 0 ? withoutFile(litellmConfig) : relative(folder, litellmConfig.file),
    upstreams: litellmConfig.upstreams.map((upstream) => ({
      name: upstream.name,
      transport: upstream.transport,
      source: upstream.transport === "stdio" ? upstream.command : originOfServer(upstream.url),
      version: policy.upstreams.find(({ name }) => name === upstream.name)?.version ?? null,
    })),
    secrets: { file: policy.envFile, names: policy.secrets.map(({ name }) => name) },
    clients: policy.clients.map((client) => ({
      name: client.name,
      kind: client.kind,
      config: configOf(deployment, client),
      addresses: addressesIn(settingsText(deployment, client)),
    })),
    notes: facts.notes.notes,
  };
}

/** The origin of a URL; that of a file is its path. */
function originOfServer(url: string): string {
  const { origin, protocol, pathname } = new URL(url);
  return protocol === "file:" ? pathname : origin;
}

/** LiteLLM's own database may have what no file has; a switch in the database itself decides it. */
function withoutFile(config: Deployment["litellmConfig"]): string {
  const database = namedDatabase(config);
  if (database === undefined) return noConfigFile;
  return `${noConfigFile}; models and MCP servers may come from LiteLLM's database (${database.namedBy})`;
}

function configOf({ folder }: Deployment, client: PolicyClient): string {
  if (hasConfig(client)) return relative(folder, client.config);
  return isInService(client) ? `environment of the service ${client.service}` : "a config of the suite's own";
}

/** The text that names a client's addresses; empty where it has no settings in the deployment. */
function settingsText(deployment: Deployment, client: PolicyClient): string {
  if (hasConfig(client)) return deployment.facts.clientConfig(client)?.text ?? "";
  const { environment } = serviceOfClient(deployment, client) ?? {};
  // Semicolons separate several URLs.
  return openWebUiAddresses.map((name) => environment?.get(name)?.value.replaceAll(";", " ") ?? "").join(" ");
}

/** The addresses in a text, without credentials, query and fragment. */
function addressesIn(text: string): string[] {
  const found = [...text.matchAll(/https?:\/\/[^\s"'`<>]+/g)].flatMap(([url]) => {
    if (!URL.canParse(url)) return [];
    const { origin, pathname } = new URL(url);
    return [origin + pathname];
  });
  return [...new Set(found)];
}
