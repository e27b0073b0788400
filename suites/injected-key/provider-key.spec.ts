import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { GatewayTarget, GatewayWith } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { liteLLMDatabase } from "../../helpers/deployment/litellm/database.ts";
import { unknownKey } from "../../helpers/deployment/source/canaries.ts";
import type { SourceLocation, Written } from "../../helpers/deployment/types.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import { expectKeysToCount } from "../support/any-key.ts";

check({
  id: "INJ-09/provider-key-opens-nothing",
  requirements: ["INJ-09"],
  title: "the key that a model's provider receives opens nothing at the gateway",
  needs: ["gateway", "scripted-model", "canaries"],
  async run({ gateway, evidence }) {
    const { models } = gateway.deployment.litellmConfig;
    if (models.length === 0) return evidence.notSupported("LiteLLM's config names no model, and so no provider's key");
    const unknown = await gateway.send({ path: "/v1/models", bearer: unknownKey });
    const { location } = gateway.deployment.litellm;
    expectKeysToCount(gateway, unknown, "what a model's provider receives opens the gateway", location);
    await forEachCase(
      "a model's provider gets a key of its own",
      models,
      ({ value }) => value,
      async (model) => {
        const name = await providerKeyOf(gateway, model);
        if (name === undefined) {
          evidence.finding(`The provider of ${model.value} gets none of the policy's secrets.`);
          return;
        }
        if (isNoKeyOfLiteLLM(gateway, name)) {
          evidence.finding(
            `The provider of ${model.value} gets ${name}, which does not have the form of LiteLLM's keys.`,
          );
          return;
        }
        // LiteLLM answers a key that it knows and refuses differently from a key that it does not know.
        const own = await gateway.send({ path: "/v1/models", bearer: gateway.secret(name) });
        const status = own.response?.status ?? 0;
        if (status >= 400 && status === unknown.response?.status) {
          evidence.finding(`The provider of ${model.value} gets ${name}, which LiteLLM itself does not know.`);
          return;
        }
        throw new CheckFailure({
          summary: `the provider of ${model.value} is given ${name}, which is a key of the gateway`,
          code: "provider-has-gateway-key",
          expected: `${name} is answered as an unknown key is, ${statusOf(unknown)}`,
          actual: statusOf(own),
          evidence: exchangeEvidence(own, unknown),
          cause: "the model's api_key in LiteLLM's config names the wrong variable",
          location: locationOfVariable(gateway, name) ?? model.location,
        });
      },
    );
  },
});

/**
 * Whether LiteLLM refuses a value for its form alone: its own keys begin with `sk-`, all but the master key. It writes a refused
 * value of another form into its database as it is, where the run itself would have put the secret then
 * (litellm/proxy/auth/user_api_key_auth.py, litellm/proxy/spend_tracking).
 */
function isNoKeyOfLiteLLM(gateway: GatewayTarget, name: string): boolean {
  const { litellmConfig } = gateway.deployment;
  const value = gateway.secret(name);
  return (
    liteLLMDatabase(litellmConfig) !== undefined &&
    litellmConfig.customAuth === undefined &&
    value !== gateway.masterKey &&
    !value.startsWith("sk-")
  );
}

/**
 * Name of the secret that LiteLLM sends to a model's provider; undefined when it is none of the policy's.
 *
 * @throws {CheckFailure} when LiteLLM does not call the provider
 */
async function providerKeyOf(
  gateway: GatewayWith<"scripted-model" | "canaries">,
  model: Written<string>,
): Promise<string | undefined> {
  const token = `provider-${randomUUID()}`;
  await gateway.model.script(token, {
    includes: token,
    turns: [{ say: "Hello." }],
    providerKeys: Object.fromEntries(gateway.canaries.secrets),
  });
  const exchange = await gateway.send({
    path: "/v1/chat/completions",
    method: "POST",
    bearer: gateway.masterKey,
    headers: [["Content-Type", "application/json"]],
    body: JSON.stringify({ model: model.value, messages: [{ role: "user", content: token }] }),
    deadline: deadlines.agentTurn,
  });
  const [call] = await gateway.model.journal(token);
  if (call !== undefined) return typeof call.providerKey === "string" ? undefined : call.providerKey.name;
  throw new CheckFailure({
    summary: `a chat completion with ${model.value} does not reach its provider`,
    code: "provider-not-called",
    expected: "one request at the provider",
    actual: `none, and ${statusOf(exchange)} to the caller`,
    evidence: exchangeEvidence(exchange),
    location: model.location,
    ...(/missing credentials|api_key client option must be set/i.test(exchange.response?.body ?? "")
      ? {
          cause: "LiteLLM has no key for this provider: the variable that api_key names has no value",
          fix: "set the variable in LiteLLM's environment, where the deployment's files or an env file give it",
        }
      : { cause: "the model's api_base in LiteLLM's config, or LiteLLM does not accept the master key" }),
  });
}

/** The line of LiteLLM's config that takes an api_key from a variable. */
function locationOfVariable({ deployment }: GatewayTarget, variable: string): SourceLocation | undefined {
  const { file } = deployment.litellmConfig;
  const lines = readFileSync(file, "utf8").split("\n");
  const index = lines.findIndex((line) => /api_key/.test(line) && line.includes(`os.environ/${variable}`));
  return index === -1 ? undefined : { file, line: index + 1 };
}
