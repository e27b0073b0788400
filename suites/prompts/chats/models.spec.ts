import { randomUUID } from "node:crypto";
import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { keyLine } from "../../../helpers/deployment/litellm/blame.ts";
import { unknownKeyLine } from "../../../helpers/deployment/litellm/unknown-key.ts";
import type { PolicyModel } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { type ChatAccess, chatAccess, openWebUiHeaders, post } from "../support/chat-request.ts";

check({
  id: "PROMPT-15/offered-models",
  requirements: ["PROMPT-15"],
  title: "clients are offered the models that the policy names, each with its provider's model behind it",
  needs: ["gateway", "scripted-model"],
  async run({ gateway, evidence }) {
    const { models } = gateway.policy;
    if (models.length === 0)
      evidence.notSupported("policy.yaml has no 'models', so it does not say which models clients may be offered");
    const access = await chatAccess(gateway);
    await expectExactly(gateway, access, models);
    await forEachCase(
      "a model is the provider's model that the policy names",
      models,
      ({ name }) => name,
      async (model) => await expectProviderModel(gateway, access, model),
    );
    evidence.finding(
      `Clients are offered ${models.map(({ name, providerModels }) => `${name} (the provider's ${providerModels.join(" or ")})`).join(", ")}.`,
    );
  },
});

async function expectExactly(
  gateway: GatewayTarget,
  { url, key }: ChatAccess,
  models: readonly PolicyModel[],
): Promise<void> {
  const exchange = await gateway.http.send({ url: `${url}/models`, headers: [["Authorization", `Bearer ${key}`]] });
  const offered = offeredIn(exchange.response?.body ?? "");
  const missing = models.filter(({ name }) => !offered.includes(name));
  const extra = offered.filter((id) => !models.some(({ name }) => name === id));
  if (exchange.response?.status === 200 && missing.length === 0 && extra.length === 0) return;
  const [location] = [
    ...missing.map((model) => model.location),
    ...gateway.deployment.litellmConfig.models
      .filter(({ value }) => extra.includes(value))
      .map((model) => model.location),
  ];
  const differences = [
    ...missing.map(({ name }) => `${name} is missing`),
    ...extra.map((id) => `${id} is not in the policy`),
  ];
  throw new CheckFailure({
    summary: "clients are not offered exactly the models that the policy names",
    code: missing.length > 0 ? "missing-models" : "unexpected-models",
    expected: models.map(({ name }) => name).join(", "),
    actual:
      exchange.response?.status === 200
        ? `${offered.join(", ") || "none"} (${differences.join("; ")})`
        : (exchange.error ?? `status ${exchange.response?.status}`),
    evidence: exchangeEvidence(exchange),
    cause: "LiteLLM's model_list and the policy's models differ",
    ...(location === undefined ? {} : { location }),
    ...whyRefused(gateway, exchange, key),
  });
}

/** The line that decides what a client's key may do, where LiteLLM refuses the key. */
function whyRefused(
  { deployment }: GatewayTarget,
  { response }: Exchange,
  key: string,
): Partial<ReturnType<typeof keyLine>> {
  const isRefused = response?.status === 401 || response?.status === 403;
  return (
    unknownKeyLine(deployment, key, response?.body ?? "") ?? (isRefused ? keyLine(deployment, key) : undefined) ?? {}
  );
}

function offeredIn(body: string): string[] {
  try {
    const { data } = JSON.parse(body) as { data?: { id?: unknown }[] };
    return (data ?? []).map(({ id }) => String(id));
  } catch {
    return [];
  }
}

async function expectProviderModel(
  gateway: GatewayWith<"scripted-model">,
  { url, key }: ChatAccess,
  { name, providerModels, location }: PolicyModel,
): Promise<void> {
  const token = `model-${randomUUID()}`;
  await gateway.model.script(token, { includes: token, turns: [{ say: "Hello." }] });
  const exchange = await post(gateway, `${url}/chat/completions`, openWebUiHeaders(key), {
    model: name,
    messages: [{ role: "user", content: token }],
  });
  const [asked] = await gateway.model.journal(token);
  const requested = (asked?.body as { model?: unknown } | undefined)?.model;
  const isMeant = typeof requested === "string" && providerModels.includes(requested);
  if (exchange.response?.status === 200 && isMeant) return;
  throw new CheckFailure({
    summary: `a request for ${name} is not answered by the provider's model that the policy names`,
    code: asked === undefined ? "provider-not-asked" : isMeant ? "wrong-status" : "wrong-model",
    expected: `200, and a request for ${providerModels.join(" or ")} to the provider`,
    actual: `${exchange.response?.status ?? "no response"}, and ${asked === undefined ? "no request" : `a request for ${String(requested)}`} to the provider`,
    evidence: exchangeEvidence(exchange),
    cause: "litellm_params.model of this entry in LiteLLM's model_list",
    location: gateway.deployment.litellmConfig.models.find(({ value }) => value === name)?.location ?? location,
    ...whyRefused(gateway, exchange, key),
  });
}
