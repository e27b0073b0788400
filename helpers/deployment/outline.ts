import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { Deployment } from "./types.ts";

/** A deployment as a reader of the report wants it introduced; no secret's value stands in it. */
export interface DeploymentOutline {
  hosts: readonly { name: string; url: string; zone: string }[];
  /** LiteLLM's config, relative to the folder. */
  config: string;
  /** What it registers. */
  upstreams: readonly { name: string; transport: string; source: string; version: string | null }[];
  /** The env file, relative to the folder, and the variables that hold a secret. */
  secrets: { file: string; names: readonly string[] };
  /** Each client with the addresses that its config names. */
  clients: readonly { name: string; kind: string; config: string; addresses: readonly string[] }[];
}

/** Introduces a deployment. */
export function outlineOf({ folder, policy, litellmConfig }: Deployment): DeploymentOutline {
  return {
    hosts: policy.hosts.map(({ name, scheme, zone }) => ({ name, url: `${scheme}://${name}`, zone })),
    config: relative(folder, litellmConfig.file),
    upstreams: litellmConfig.upstreams.map((upstream) => ({
      name: upstream.name,
      transport: upstream.transport,
      source: upstream.transport === "stdio" ? upstream.command : new URL(upstream.url).origin,
      version: policy.upstreams.find(({ name }) => name === upstream.name)?.version ?? null,
    })),
    secrets: { file: policy.envFile, names: policy.secrets.map(({ name }) => name) },
    clients: policy.clients.map(({ name, kind, config }) => ({
      name,
      kind,
      config: relative(folder, config),
      addresses: addressesIn(readFileSync(config, "utf8")),
    })),
  };
}

/** Addresses without credentials, query and fragment: where a client looks for its gateway. */
function addressesIn(text: string): string[] {
  const found = [...text.matchAll(/https?:\/\/[^\s"'`<>]+/g)].flatMap(([url]) => {
    if (!URL.canParse(url)) return [];
    const { origin, pathname } = new URL(url);
    return [origin + pathname];
  });
  return [...new Set(found)];
}
