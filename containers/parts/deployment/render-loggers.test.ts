import { expect, test } from "vitest";
import { leaveOutRemoteLoggers } from "./render-loggers.ts";

test("loggers that send to a service are left out and listed; metrics, hooks and the operator's modules stay", () => {
  const config = {
    litellm_settings: {
      callbacks: ["otel", "prometheus", "hooks.logger", "dynamic_rate_limiter"],
      success_callback: ["langfuse", "s3"],
      failure_callback: "Sentry",
      service_callback: ["prometheus_system"],
      cache: true,
    },
  };
  const changes = leaveOutRemoteLoggers(config, "config.yaml");
  expect(config.litellm_settings).toEqual({
    callbacks: ["prometheus", "hooks.logger", "dynamic_rate_limiter"],
    success_callback: [],
    failure_callback: [],
    service_callback: ["prometheus_system"],
    cache: true,
  });
  expect(changes.map(({ where, what }) => [where, what])).toEqual([
    ["config.yaml:litellm_settings.callbacks", "left out otel"],
    ["config.yaml:litellm_settings.success_callback", "left out langfuse, s3"],
    ["config.yaml:litellm_settings.failure_callback", "left out Sentry"],
  ]);
});

test.for([{}, { litellm_settings: null }, { litellm_settings: { callbacks: "hooks.logger", success_callback: null } }])(
  "nothing is left out of %o",
  (given) => {
    const config = structuredClone(given) as Record<string, unknown>;
    expect(leaveOutRemoteLoggers(config, "config.yaml")).toEqual([]);
    expect(config).toEqual(given);
  },
);
