import { expect, test } from "vitest";
import { addressesOfLiteLLM } from "./addresses.ts";
import type { LiteLLMConfig } from "./types.ts";

const location = { file: "config.yaml", line: 1 };

function addressesOf(variables: Readonly<Record<string, string>>, document: LiteLLMConfig["document"]): string[] {
  const environment = new Map(Object.entries(variables).map(([name, value]) => [name, { value, location }]));
  return addressesOfLiteLLM({ environment, document, texts: [] }).map(({ host, port }) => `${host}:${port}`);
}

test.each([
  ["a URL", { DATABASE_URL: "postgresql://u:p@pgbouncer:6432/db" }, {}, "pgbouncer:6432"],
  ["a URL without a port", { DATABASE_URL: "postgresql://u:p@pg/db" }, {}, "pg:5432"],
  ["a database by its host", { DATABASE_HOST: "pg", DATABASE_USERNAME: "u", DATABASE_NAME: "db" }, {}, "pg:5432"],
  ["a cache by its host", { REDIS_HOST: "cache" }, {}, "cache:6379"],
  ["a cache by its host and port", { REDIS_HOST: "cache", REDIS_PORT: "6380" }, {}, "cache:6380"],
  [
    "a cache of the config",
    { CACHE: "cache" },
    { litellm_settings: { cache_params: { host: "os.environ/CACHE", port: 6380 } } },
    "cache:6380",
  ],
  ["the router's cache", {}, { router_settings: { redis_host: "cache" } }, "cache:6379"],
])("%s", (_, variables, document, expected) => {
  expect(addressesOf(variables, document)).toContain(expected);
});

test("a text that is not an address, and a variable that is not set, name nothing", () => {
  const cache_params = { host: "os.environ/NOWHERE" };
  expect(addressesOf({ LITELLM_MODE: "PRODUCTION", HOST: "pg" }, { litellm_settings: { cache_params } })).toEqual([]);
});
