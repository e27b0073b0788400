import { addressIn } from "../services/hosts.ts";
import { liteLLMDatabase } from "./database.ts";
import type { LiteLLMConfig } from "./types.ts";

/** Where LiteLLM connects to. */
export interface LiteLLMAddress {
  host: string;
  port: number;
}

/** Redis's own port, which LiteLLM uses where nothing names another one. */
const redisPort = "6379";

/** What LiteLLM's environment and config name: each URL that has a host and a port, its database, and its cache. */
export function addressesOfLiteLLM(
  config: Pick<LiteLLMConfig, "environment" | "document" | "texts">,
): readonly LiteLLMAddress[] {
  const { environment, texts } = config;
  const database = liteLLMDatabase(config)?.url.href;
  const written = [...environment.values(), ...texts.map(({ value }) => value)].map(({ value }) => value);
  return [...written, ...(database === undefined ? [] : [database]), ...cachesOf(config)].flatMap((text) => {
    const { host, port } = addressIn(text) ?? {};
    return host === undefined || port === undefined ? [] : [{ host, port }];
  });
}

/** The URLs of caches that are named by a host and a port. */
function cachesOf({ environment, document }: Pick<LiteLLMConfig, "environment" | "document">): string[] {
  const router = recordAt(document, "router_settings");
  const cache = recordAt(recordAt(document, "litellm_settings"), "cache_params");
  const named: readonly (readonly [host: unknown, port: unknown])[] = [
    [environment.get("REDIS_HOST")?.value, environment.get("REDIS_PORT")?.value],
    [router.redis_host, router.redis_port],
    [cache.host, cache.port],
  ];
  return named.flatMap(([host, port]) => {
    const name = resolved(host, environment);
    return name === undefined ? [] : [`redis://${name}:${resolved(port, environment) ?? redisPort}`];
  });
}

/**
 * A text or a number of LiteLLM's config with `os.environ/X` replaced.
 *
 * @returns undefined for any other value, for an empty text, and for a variable that is not set
 */
export function resolved(value: unknown, environment: LiteLLMConfig["environment"]): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value);
  const [, name] = /^os\.environ\/(.*)$/.exec(text) ?? [];
  return (name === undefined ? text : environment.get(name)?.value) || undefined;
}

function recordAt(parent: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  const value = parent[key];
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
