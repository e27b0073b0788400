import { relative } from "node:path";
import { hasConfig } from "./policy/configured-client.ts";
import { originOf } from "./services/origins.ts";
import type { DeploymentNote } from "./source/note-list.ts";
import type { Deployment } from "./types.ts";

/** The summary of a deployment for a report; it contains no secret's value. */
export interface DeploymentOutline {
  hosts: readonly { name: string; url: string; zone: string }[];
  /** LiteLLM's config, relative to the folder; `none` where it runs without one. */
  config: string;
  /** The upstreams that it registers. */
  upstreams: readonly { name: string; transport: string; source: string; version: string | null }[];
  /** The env file, relative to the folder, and the variables that hold a secret. */
  secrets: { file: string; names: readonly string[] };
  /** Each client with the addresses that its config names; `a config of the suite's own` where it has no config file. */
  clients: readonly { name: string; kind: string; config: string; addresses: readonly string[] }[];
  /** What a reader should know about the files: what is ignored, changed or not proved. */
  notes: readonly DeploymentNote[];
}

/** Summarises a deployment. */
export function outlineOf(deployment: Deployment): DeploymentOutline {
  const { folder, policy, facts, litellmConfig } = deployment;
  return {
    hosts: policy.hosts.map((host) => ({ name: host.name, url: originOf(deployment, host), zone: host.zone })),
    config: litellmConfig.files.length === 0 ? "none" : relative(folder, litellmConfig.file),
    upstreams: litellmConfig.upstreams.map((upstream) => ({
      name: upstream.name,
      transport: upstream.transport,
      source: upstream.transport === "stdio" ? upstream.command : new URL(upstream.url).origin,
      version: policy.upstreams.find(({ name }) => name === upstream.name)?.version ?? null,
    })),
    secrets: { file: policy.envFile, names: policy.secrets.map(({ name }) => name) },
    clients: policy.clients.map((client) => ({
      name: client.name,
      kind: client.kind,
      config: hasConfig(client) ? relative(folder, client.config) : "a config of the suite's own",
      addresses: hasConfig(client) ? addressesIn(facts.clientConfig(client)?.text ?? "") : [],
    })),
    notes: facts.notes.notes,
  };
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
