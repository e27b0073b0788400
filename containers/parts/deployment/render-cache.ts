import { isRecord } from "../../../helpers/core/text/json.ts";
import { cacheVariables } from "../../../helpers/deployment/services/cache-addresses.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";

/** Types of LiteLLM's cache that are in Redis; `redis` is the default. Source: litellm/types/caching.py of LiteLLM 1.106.2. */
const redisTypes: ReadonlySet<unknown> = new Set([undefined, null, "redis", "redis-semantic"]);

/**
 * Leaves out a cache in a Redis that is in none of the deployment's files: LiteLLM waits minutes for one that does not answer before
 * it starts (1.102.1, measured).
 *
 * @param config changed in place
 * @param file its name, for the list of changes
 * @param redis the host of the Redis
 */
export function leaveOutCache(
  config: Record<string, unknown>,
  { file, redis }: { file: string; redis: string },
): RenderedChange[] {
  const changes: RenderedChange[] = [];
  const leftOut = (where: string): void => {
    changes.push({ where: `${file}:${where}`, what: "left out", why: whyWithout(redis) });
  };
  const { litellm_settings: settings, router_settings: router, general_settings: general } = config;
  if (isRecord(settings) && settings.cache !== undefined) {
    const parameters = isRecord(settings.cache_params) ? settings.cache_params : {};
    if (redisTypes.has(parameters.type)) {
      const { cache: _, cache_params: __, ...rest } = settings;
      config.litellm_settings = rest;
      leftOut("litellm_settings.cache");
    }
  }
  if (isRecord(router) && Object.keys(router).some((key) => key.startsWith("redis_"))) {
    config.router_settings = Object.fromEntries(Object.entries(router).filter(([key]) => !key.startsWith("redis_")));
    leftOut("router_settings.redis_*");
  }
  if (isRecord(general)) {
    // With the first LiteLLM does not start without a Redis, the second names one (1.106.2).
    const own = ["use_redis_transaction_buffer", "coordination_redis"].filter((key) => general[key] !== undefined);
    if (own.length > 0)
      config.general_settings = Object.fromEntries(Object.entries(general).filter(([key]) => !own.includes(key)));
    for (const key of own) leftOut(`general_settings.${key}`);
  }
  return changes;
}

/**
 * Leaves out the variables that name such a Redis: LiteLLM connects to it for them alone (1.102.1).
 *
 * @param environment LiteLLM's, changed in place
 * @param where the environment's place, for the list of changes
 */
export function leaveOutCacheVariables(
  environment: Record<string, string>,
  { where, redis }: { where: string; redis: string },
): RenderedChange[] {
  return cacheVariables.flatMap((name) => {
    if (environment[name] === undefined) return [];
    delete environment[name];
    return [{ where, what: `dropped ${name}`, why: whyWithout(redis) }];
  });
}

function whyWithout(redis: string): string {
  return `the Redis ${redis} is in none of the deployment's files: what LiteLLM keeps there is not proved`;
}
