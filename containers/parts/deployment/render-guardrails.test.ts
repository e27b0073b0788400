import { expect, test } from "vitest";
import { leaveOutRemoteGuardrails } from "./render-guardrails.ts";

const guardrail = (name: string, kind: string): object => ({
  guardrail_name: name,
  litellm_params: { guardrail: kind, mode: "pre_call", default_on: true },
});

test("guardrails that ask a service are left out, and listed", () => {
  const own = [guardrail("keys", "hide-secrets"), guardrail("mine", "hooks.MyGuardrail")];
  const config: Record<string, unknown> = {
    guardrails: [...own, guardrail("pii", "presidio")],
    litellm_settings: { callbacks: ["hooks.logger", "presidio"] },
  };
  const changes = leaveOutRemoteGuardrails(config, "config.yaml");
  expect(config).toEqual({ guardrails: own, litellm_settings: { callbacks: ["hooks.logger"] } });
  expect(changes.map(({ where, what }) => [where, what])).toEqual([
    ["config.yaml:guardrails.pii", "left out"],
    ["config.yaml:litellm_settings.callbacks", "left out"],
  ]);
  expect(changes[0]?.why).toMatch(/guardrail presidio does not run here/);
});

test("the older form of guardrails is left out where a callback asks a service", () => {
  const own = { own: { callbacks: ["banned_keywords"], default_on: true } };
  const config: Record<string, unknown> = {
    litellm_settings: { guardrails: [{ pii: { callbacks: ["presidio"], default_on: true } }, own, "unreadable"] },
  };
  expect(leaveOutRemoteGuardrails(config, "config.yaml").map(({ where }) => where)).toEqual([
    "config.yaml:litellm_settings.guardrails.pii",
  ]);
  expect(config).toEqual({ litellm_settings: { guardrails: [own, "unreadable"] } });
});

test("a policy no longer names a guardrail that is left out", () => {
  const config: Record<string, unknown> = {
    guardrails: [guardrail("keys", "hide-secrets"), guardrail("pii", "presidio")],
    policies: { all: { guardrails: { add: ["keys", "pii"] }, pipeline: { steps: [{ guardrail: "pii" }] } } },
  };
  leaveOutRemoteGuardrails(config, "config.yaml");
  expect(config.policies).toEqual({ all: { guardrails: { add: ["keys"] }, pipeline: { steps: [] } } });
});

test.for([{}, { guardrails: null }, { guardrails: ["x"], litellm_settings: { callbacks: "prometheus" } }])(
  "a config without such guardrails stays as it is: %j",
  (config) => {
    const rendered = structuredClone(config);
    expect(leaveOutRemoteGuardrails(rendered, "config.yaml")).toEqual([]);
    expect(rendered).toEqual(config);
  },
);
