import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { cacheAddresses, foreignCache } from "./cache-addresses.ts";

function cacheOf(environment: string, config: string): { addresses: string[]; foreign: string | undefined } {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: --config /app/config.yaml
    environment: { LITELLM_MASTER_KEY: sk-one-0000, ${environment} }
    volumes: [./config.yaml:/app/config.yaml]
  cache: { image: "redis:7" }
`,
    "config.yaml": `${config}\n`,
  });
  const facts = readFacts(deployment.folder);
  const litellm = facts.compose?.services.get("litellm");
  const litellmConfig = facts.liteLLM()?.config;
  if (facts.compose === undefined || litellm === undefined || litellmConfig === undefined) throw new Error("not read");
  return {
    addresses: cacheAddresses(litellmConfig),
    foreign: foreignCache({ compose: facts.compose, litellm, litellmConfig }),
  };
}

const none = "model_list: []";
const byVariable = "litellm_settings: { cache: true, cache_params: { type: redis, host: os.environ/CACHE_HOST } }";

test.each([
  ["REDIS_HOST: redis.example.org", none, "redis.example.org"],
  ["REDIS_URL: 'rediss://:pw@redis.example.org:6380'", none, "redis.example.org"],
  [`REDIS_CLUSTER_NODES: '[{"host":"one.example.org","port":6379}]'`, none, "one.example.org"],
  [`REDIS_SENTINEL_NODES: '[["one.example.org",26379]]'`, none, "one.example.org"],
  ["CACHE_HOST: redis.example.org", byVariable, "redis.example.org"],
  ["A: b", "litellm_settings: { cache_params: { redis_startup_nodes: [{ host: one.lan, port: 1 }] } }", "one.lan"],
  ["A: b", "general_settings: { coordination_redis: { host: one.lan } }", "one.lan"],
  ["REDIS_HOST: cache", none, undefined],
  ["CACHE_HOST: cache", byVariable, undefined],
  ["A: b", byVariable, undefined],
  ["REDIS_HOST: ''", none, undefined],
  ["A: b", none, undefined],
])("the Redis that is in none of the files, with %s and %s: %s", (environment, config, expected) => {
  expect(cacheOf(environment, config).foreign).toBe(expected);
});

test("a service that a variable of the config names is LiteLLM's cache", () => {
  expect(cacheOf("CACHE_HOST: cache", byVariable).addresses).toEqual(["cache"]);
});
