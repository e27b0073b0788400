import { z } from "zod";
import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { jsonOf } from "../../helpers/core/text/json.ts";
import { unknownKey } from "../../helpers/deployment/source/canaries.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import { managementApi } from "../support/management-api.ts";
import { identitiesOf } from "./support/identities.ts";

check({
  id: "KEYS-05/models-of-a-key",
  requirements: ["KEYS-05"],
  title: "a key may use its models and no other, and a denied model is told apart from a wrong key",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const [own, other] = gateway.policy.models.map(({ name }) => name);
    if (own === undefined || other === undefined)
      return evidence.notSupported("the policy names fewer than two models");
    const { key } = await api.createKey({ models: [own] });
    const offered = await gateway.send({ path: "/v1/models", bearer: key });
    if (!offered.response?.body.includes(`"${own}"`) || offered.response.body.includes(`"${other}"`)) {
      throw new CheckFailure({
        summary: `a key for ${own} is not offered exactly that model`,
        code: "other-models",
        expected: `${own}, and not ${other}, at /v1/models`,
        actual: String(offered.response?.body ?? "no response").slice(0, 200),
        evidence: exchangeEvidence(offered),
      });
    }
    const denied = await ask(gateway, key, other);
    const wrong = await ask(gateway, unknownKey, other);
    expectDenied(denied, "key_model_access_denied", `a key for ${own} may use ${other}`);
    if (errorType(denied) !== errorType(wrong)) return;
    throw new CheckFailure({
      summary: "a denied model looks like a wrong key",
      code: "same-as-wrong-key",
      expected: "different types of errors",
      actual: `both ${errorType(denied) ?? "without a type"}`,
      evidence: exchangeEvidence(denied, wrong),
    });
  },
});

check({
  id: "KEYS-05/models-of-identities",
  requirements: ["KEYS-05"],
  title: "each identity is offered the models that the policy names for it, and no others",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    await managementApi(gateway, evidence);
    const { identities, models } = gateway.policy;
    const all = models.map(({ name }) => name);
    // A key for some paths opens no models.
    const meant = identities.filter(
      ({ routes, models: own }) => routes.length === 0 && (own.length > 0 || all.length > 0),
    );
    if (meant.length === 0) evidence.notSupported("the policy names no identity that uses models");
    const keys = new Map((await identitiesOf(gateway, evidence)).map(({ name, key }) => [name, key]));
    await forEachCase(
      "an identity is offered exactly its models",
      meant,
      ({ name }) => name,
      async ({ name, models: own, location }) => {
        const exchange = await gateway.send({ path: "/v1/models", bearer: keys.get(name) ?? "" });
        const offered = offeredModels(exchange);
        const expected = own.length > 0 ? own : all;
        const missing = expected.filter((model) => !offered.includes(model));
        // Without a list of its own, a key may use what LiteLLM has in addition to the policy's models.
        const more = own.length > 0 ? offered.filter((model) => !own.includes(model)) : [];
        if (missing.length === 0 && more.length === 0) return;
        throw new CheckFailure({
          summary: `${name} is not offered exactly its models`,
          code: more.length > 0 ? "other-models" : "granted-not-offered",
          expected: `${own.length > 0 ? "" : "at least "}${expected.join(", ")} at /v1/models`,
          actual: offered.join(", ") || statusOf(exchange),
          ...(exchange.response?.status === 200
            ? {
                cause: `the key's models in LiteLLM are ${more.length > 0 ? "more" : "fewer"} than the policy says`,
                fix: "change the key's models with POST /key/update, or 'models' of the identity in the policy",
              }
            : {
                cause: "LiteLLM refuses the key itself: it has expired, is blocked, or is limited to other paths",
                fix: "look at the key with GET /key/info, and correct it with POST /key/update",
              }),
          location,
          evidence: exchangeEvidence(exchange),
        });
      },
    );
  },
});

check({
  id: "KEYS-05/spent-budget",
  requirements: ["KEYS-05"],
  title: "a key without budget left is refused, and told so",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const [model] = gateway.policy.models;
    if (model === undefined) return evidence.notSupported("the policy names no model");
    const { key } = await api.createKey({ max_budget: 0 });
    expectDenied(await ask(gateway, key, model.name), "budget_exceeded", "a key with a budget of 0 may use a model");
  },
});

const offeredShape = z.object({ data: z.array(z.object({ id: z.string() })) });

function offeredModels({ response }: Exchange): string[] {
  const read = offeredShape.safeParse(jsonOf(response?.body));
  return (read.data?.data ?? []).map(({ id }) => id).sort();
}

function ask(gateway: GatewayTarget, bearer: string, model: string): Promise<Exchange> {
  return gateway.send({
    path: "/v1/chat/completions",
    method: "POST",
    bearer,
    headers: [["Content-Type", "application/json"]],
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Are you there?" }] }),
  });
}

function expectDenied(exchange: Exchange, type: string, summary: string): void {
  const status = exchange.response?.status ?? 0;
  if (status >= 400 && status < 500 && errorType(exchange) === type) return;
  throw new CheckFailure({
    summary: status >= 400 ? `${summary}: the refusal does not say why` : summary,
    code: status >= 400 ? "other-refusal" : "not-refused",
    expected: `a status of 400 to 499 with the error ${type}`,
    actual: `status ${exchange.response?.status ?? "no response"} with ${errorType(exchange) ?? "no type of error"}`,
    evidence: exchangeEvidence(exchange),
  });
}

function errorType({ response }: Exchange): string | undefined {
  const body = jsonOf(response?.body);
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  return typeof error === "object" && error !== null && "type" in error ? String(error.type) : undefined;
}
