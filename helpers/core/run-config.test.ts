import { resolve } from "node:path";
import { expect, test } from "vitest";
import { UsageError } from "./errors.ts";
import { environmentOf, parseRunConfig, type RunConfig } from "./run-config.ts";

const defaults: RunConfig = {
  deployment: resolve("deployments/reference"),
  versions: {},
  images: { mode: "auto" },
  clients: "default",
  keep: false,
  reports: resolve("reports/latest"),
  deadlineFactor: 1,
  starvedChecks: "repeat",
};

test("without variables the defaults apply, and an empty variable counts as unset", () => {
  expect(parseRunConfig({})).toEqual(defaults);
  const names = [
    "DEPLOYMENT",
    "LITELLM_VERSION",
    "IMAGES",
    "REGISTRY",
    "CLIENTS",
    "KEEP",
    "REPORTS",
    "DEADLINE_FACTOR",
  ];
  expect(parseRunConfig(Object.fromEntries(names.map((name) => [name, ""])))).toEqual(defaults);
});

test("each variable has its field", () => {
  const environment = {
    DEPLOYMENT: "deployments/as-found",
    LITELLM_VERSION: "1.106.2",
    TRAEFIK_VERSION: "3.6.0",
    CODEX_VERSION: "0.50.0",
    IMAGES: "build",
    REGISTRY: "127.0.0.1:5000",
    CLIENTS: "all",
    KEEP: "1",
    REPORTS: "/tmp/reports",
    DEADLINE_FACTOR: "2.5",
    STARVED_CHECKS: "judge",
    GATEWAY_CONFORMANCE_ORDER: "soak-1",
  };
  const config = parseRunConfig(environment);
  expect(config).toEqual({
    deployment: resolve("deployments/as-found"),
    versions: { litellm: "1.106.2", traefik: "3.6.0", codex: "0.50.0" },
    images: { mode: "build", registry: "127.0.0.1:5000" },
    clients: "all",
    keep: true,
    reports: "/tmp/reports",
    deadlineFactor: 2.5,
    starvedChecks: "judge",
    order: "soak-1",
  });
  expect(environmentOf(config)).toEqual(environment);
});

test("environmentOf leaves out what has its default value", () => {
  expect(environmentOf(defaults)).toEqual({});
});

test.each([
  ["IMAGES", "never", "IMAGES=never is unknown; set it to auto, pull or build"],
  ["CLIENTS", "none", "CLIENTS=none is unknown; set it to default or all"],
  ["KEEP", "true", "KEEP=true is unknown; set it to 0 or 1"],
  ["LITELLM_VERSION", "abc", "LITELLM_VERSION=abc is not a version; set it to 1.106.2, for example"],
  ["LITELLM_VERSION", "main-stable", "LITELLM_VERSION=main-stable is not a version; set it to 1.106.2, for example"],
  ["TRAEFIK_VERSION", "latest", "TRAEFIK_VERSION=latest is not a version; set it to 3.7.15, for example"],
  ["TRAEFIK_VERSION", "3..5", "TRAEFIK_VERSION=3..5 is not a version; set it to 3.7.15, for example"],
  ["CODEX_VERSION", "abc", "CODEX_VERSION=abc is not a version; set it to 0.169.0, for example"],
  ["DEADLINE_FACTOR", "0", "DEADLINE_FACTOR=0 is not a positive number; set it to 2, for example"],
  ["DEADLINE_FACTOR", "fast", "DEADLINE_FACTOR=fast is not a positive number; set it to 2, for example"],
])("%s=%s is one line and exit code 2", (variable, value, message) => {
  const parse = () => parseRunConfig({ [variable]: value });
  expect(parse).toThrow(new UsageError(message));
});

test.each(["1.106.2", "1.75.5.post2", "3.6", "3", "3.6.0-rc.1", "1.83.14-stable"])(
  "%s is a version, also with a 'v'",
  (version) => {
    const versions = { litellm: version, traefik: version, codex: version };
    for (const text of [version, `v${version}`]) {
      const environment = { LITELLM_VERSION: text, TRAEFIK_VERSION: text, CODEX_VERSION: text };
      expect(parseRunConfig(environment).versions).toEqual(versions);
    }
  },
);
