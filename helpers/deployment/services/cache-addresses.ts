import type { ComposeFile, ComposeService } from "../compose/types.ts";
import { resolveReference } from "../litellm/references.ts";
import type { LiteLLMConfig } from "../litellm/types.ts";
import { addressIn, serviceAt } from "./hosts.ts";

/** Variables in which LiteLLM looks for its Redis. Source: LiteLLM's documentation, "All settings", and litellm/_redis.py. */
export const cacheVariables: readonly string[] = [
  "REDIS_URL",
  "REDIS_HOST",
  "REDIS_CLUSTER_NODES",
  "REDIS_SENTINEL_NODES",
];

/** What says where LiteLLM keeps its cache. */
type CacheSettings = Pick<LiteLLMConfig, "environment" | "document">;

/** The addresses of LiteLLM's Redis: in its environment, and in the sections of its config that name it. */
export function cacheAddresses({ environment, document }: CacheSettings): string[] {
  const { router_settings: router, litellm_settings: settings, general_settings: general } = document;
  const sections = [router, asRecord(settings).cache_params, asRecord(general).coordination_redis].map(asRecord);
  const values = [
    ...cacheVariables.map((name) => environment.get(name)?.value),
    ...sections.flatMap(
      ({ redis_url, redis_host, url, host, redis_startup_nodes: cluster, sentinel_nodes: sentinels }) => [
        ...[redis_url, redis_host, url, host],
        ...[cluster, sentinels],
      ],
    ),
  ];
  return values.flatMap(addressesIn).flatMap((text) => resolveReference(text, environment) || []);
}

/** The Redis that LiteLLM would keep its cache in, where no service of the deployment is it; undefined where there is none. */
export function foreignCache(deployment: {
  compose: ComposeFile;
  litellm: ComposeService;
  litellmConfig: CacheSettings;
}): string | undefined {
  const { compose, litellm, litellmConfig } = deployment;
  const hosts = cacheAddresses(litellmConfig).map((address) => addressIn(address)?.host ?? address);
  const isOwn = hosts.some((host) => serviceAt(compose, host, litellm) !== undefined);
  return isOwn ? undefined : hosts[0];
}

/** One address, or the nodes of a cluster or of sentinels: `[{"host": "a", "port": 6379}]`, `[["a", 26379]]`, also as a text. */
function addressesIn(value: unknown): string[] {
  if (typeof value === "string") return /^\s*\[/.test(value) ? addressesIn(parsed(value)) : [value];
  if (!Array.isArray(value)) return [];
  return value.flatMap((node: unknown) => {
    const host = Array.isArray(node) ? node[0] : asRecord(node).host;
    return typeof host === "string" ? host : [];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
