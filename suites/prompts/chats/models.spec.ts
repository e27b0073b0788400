import { randomUUID } from "node:crypto";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { PolicyModel } from "../../../helpers/deployment/types.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { type ChatAim, chatAim, openWebUiHeaders, post } from "../support/chat-request.ts";

check({
  id: "PROMPT-15/offered-models",
  requirements: ["PROMPT-15"],
  title: "clients are offered the models that the policy names, each with its provider's model behind it",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { models } = gateway.policy;
    if (models.length === 0)
      evidence.notSupported("the policy names no models (models: in policy.yaml), so nobody can say which are meant");
    const aim = await chatAim(gateway);
    await mustOfferExactly(gateway, aim, models);
    await forEachCase(
      "a model is the provider's model that the policy names",
      models,
      ({ name }) => name,
      async (model) => await mustAskFor(gateway, aim, model),
    );
    evidence.finding(
      `Clients are offered ${models.map(({ name, providerModel }) => `${name} (the provider's ${providerModel})`).join(", ")}.`,
    );
  },
});

async function mustOfferExactly(gateway: GatewayTarget, { url, key }: ChatAim, models: readonly PolicyModel[]) {
  const exchange = await gateway.wire.send({ url: `${url}/models`, headers: [["Authorization", `Bearer ${key}`]] });
  const offered = offeredIn(exchange.response?.body ?? "");
  const missing = models.filter(({ name }) => !offered.includes(name));
  const unmeant = offered.filter((id) => !models.some(({ name }) => name === id));
  if (exchange.response?.status === 200 && missing.length === 0 && unmeant.length === 0) return;
  const wrong = [
    ...missing.map(({ name }) => `${name} is not offered`),
    ...unmeant.map((id) => `${id} is offered, and the policy does not name it`),
  ];
  const [at] = [
    ...missing.map(({ location }) => location),
    ...gateway.deployment.litellmConfig.models
      .filter(({ value }) => unmeant.includes(value))
      .map(({ location }) => location),
  ];
  throw new CheckFailure({
    summary: `clients are offered other models than the policy names: ${wrong.join("; ")}`,
    evidence: exchangeEvidence(exchange),

    cause: "LiteLLM's model_list and the policy's models differ",
    ...(at === undefined ? {} : { location: at }),
  });
}

function offeredIn(body: string): string[] {
  try {
    const { data } = JSON.parse(body) as { data?: { id?: unknown }[] };
    return (data ?? []).map(({ id }) => String(id));
  } catch {
    return [];
  }
}

async function mustAskFor(
  gateway: GatewayTarget,
  { url, key }: ChatAim,
  { name, providerModel, location }: PolicyModel,
) {
  const token = `model-${randomUUID()}`;
  await gateway.model.script(token, { includes: token, turns: [{ say: "Hello." }] });
  const exchange = await post(gateway, `${url}/chat/completions`, openWebUiHeaders(key), {
    model: name,
    messages: [{ role: "user", content: token }],
  });
  const [asked] = await gateway.model.journal(token);
  const askedFor = (asked?.body as { model?: unknown } | undefined)?.model;
  if (exchange.response?.status === 200 && askedFor === providerModel) return;
  throw new CheckFailure({
    summary:
      asked === undefined
        ? `a request for ${name} never came to the provider`
        : `a request for ${name} asks the provider for ${String(askedFor)}, not for ${providerModel}`,
    evidence: exchangeEvidence(exchange),

    cause: "litellm_params.model of that entry in LiteLLM's model_list",
    location: gateway.deployment.litellmConfig.models.find(({ value }) => value === name)?.location ?? location,
  });
}
