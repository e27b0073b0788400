import { expect, test } from "vitest";
import { leaveOutCache, leaveOutCacheVariables } from "./render-cache.ts";

test("a cache in a Redis that is in no file is left out, of LiteLLM and of its router", () => {
  const config = {
    litellm_settings: {
      cache: true,
      cache_params: { type: "redis", host: "os.environ/REDIS_HOST" },
      drop_params: true,
    },
    router_settings: { redis_host: "10.0.0.1", redis_port: 6379, num_retries: 2 },
  };
  const changes = leaveOutCache(config, { file: "config.yaml", redis: "10.0.0.1" });
  expect(config).toEqual({ litellm_settings: { drop_params: true }, router_settings: { num_retries: 2 } });
  expect(changes.map(({ where }) => where)).toEqual([
    "config.yaml:litellm_settings.cache",
    "config.yaml:router_settings.redis_*",
  ]);
});

test("a cache elsewhere stays", () => {
  const config = { litellm_settings: { cache: true, cache_params: { type: "local" } } };
  expect(leaveOutCache(config, { file: "config.yaml", redis: "10.0.0.1" })).toEqual([]);
  expect(config.litellm_settings.cache).toBe(true);
});

test("the variables that name it are left out, and each is listed", () => {
  const environment = { REDIS_HOST: "10.0.0.1", OTHER: "x" };
  const changes = leaveOutCacheVariables(environment, { where: "compose.yaml:litellm.environment", redis: "10.0.0.1" });
  expect(environment).toEqual({ OTHER: "x" });
  expect(changes.map(({ what }) => what)).toEqual(["dropped REDIS_HOST"]);
});

test("what needs a Redis in general_settings is left out with it", () => {
  const general = { use_redis_transaction_buffer: true, coordination_redis: { host: "10.0.0.1" }, master_key: "x" };
  const config = { general_settings: general };
  const changes = leaveOutCache(config, { file: "config.yaml", redis: "10.0.0.1" });
  expect(config).toEqual({ general_settings: { master_key: "x" } });
  expect(changes.map(({ where }) => where)).toEqual([
    "config.yaml:general_settings.use_redis_transaction_buffer",
    "config.yaml:general_settings.coordination_redis",
  ]);
});
