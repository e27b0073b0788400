import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { unknownKey } from "../../helpers/deployment/canaries.ts";
import type { SourceLocation } from "../../helpers/deployment/types.ts";
import { receivedText, sentText } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";

check({
  id: "INJ-09/provider-key-opens-nothing",
  requirements: ["INJ-09"],
  title: "the key that a model's provider receives opens nothing at the gateway",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { models } = gateway.deployment.litellmConfig;
    await forEachCase(
      "a model's provider gets a key of its own",
      models,
      ({ value }) => value,
      async (model) => {
        const name = await providerKeyOf(gateway, model.value);
        if (name === undefined) {
          evidence.finding(`The provider of ${model.value} is given none of the policy's secrets.`);
          return;
        }
        // A key that LiteLLM knows and does not let in is answered in another way than one that it does not know.
        const [opens, unknown] = await Promise.all(
          [gateway.secret(name), unknownKey].map((bearer) => gateway.send({ path: "/v1/models", bearer })),
        );
        const status = opens?.response?.status ?? 0;
        if (status >= 400 && status === unknown?.response?.status) {
          evidence.finding(
            `The provider of ${model.value} is called with ${name}, which LiteLLM itself does not know.`,
          );
          return;
        }
        throw new CheckFailure({
          summary: `the provider of ${model.value} is given ${name}, and that is a key of the gateway`,
          ...(opens === undefined ? {} : { sent: sentText(opens), received: receivedText(opens) }),
          cause: "the model's api_key in LiteLLM's config names the wrong variable",
          location: placeOfVariable(gateway, name) ?? model.location,
        });
      },
    );
  },
});

/**
 * Name of the secret that a model's provider is called with; undefined when it is none of the policy's.
 *
 * @throws {CheckFailure} when the provider is not reached
 */
async function providerKeyOf(gateway: GatewayTarget, model: string): Promise<string | undefined> {
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
    body: JSON.stringify({ model, messages: [{ role: "user", content: token }] }),
    deadline: deadlines.agentTurn,
  });
  const [asked] = await gateway.model.journal(token);
  if (asked !== undefined) return typeof asked.providerKey === "string" ? undefined : asked.providerKey.name;
  throw new CheckFailure({
    summary: `the provider of ${model} was not asked by a chat completion`,
    evidence: exchangeEvidence(exchange),
  });
}

function placeOfVariable({ deployment }: GatewayTarget, variable: string): SourceLocation | undefined {
  const { file } = deployment.litellmConfig;
  const lines = readFileSync(file, "utf8").split("\n");
  const index = lines.findIndex((line) => /api_key/.test(line) && line.includes(`os.environ/${variable}`));
  return index === -1 ? undefined : { file, line: index + 1 };
}
