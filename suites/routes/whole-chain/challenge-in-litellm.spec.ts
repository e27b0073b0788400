import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { unknownKey } from "../../../helpers/deployment/source/canaries.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { everyoneAdmitted } from "../../support/any-key.ts";
import { causeOfChallenge, causeOfNoChallenge } from "../support/challenge-cause.ts";

check({
  id: "ROUTE-14/litellm-challenges",
  requirements: ["ROUTE-14"],
  title: "LiteLLM itself challenges a caller with an unknown key, and no caller with a known one",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    // Not MCP: its own refusals are the subject of CAT-10.
    const own = onePathOf(gateway.policy, ["bearer", "litellm"]).find(({ path }) => !path.startsWith("/mcp"));
    if (own === undefined) return evidence.notSupported("no host of the policy takes keys");
    const answerTo = (bearer: string): Promise<Answer> => answerOf(gateway, own, bearer);
    const location = gateway.deployment.litellm.location;
    const unknown = await answerTo(unknownKey);
    if (unknown.status !== 401 || unknown.offered === undefined) {
      throw new CheckFailure({
        summary: `a key that does not exist is answered ${answerText(unknown)}`,
        code: unknown.status === 401 ? "no-challenge" : "wrong-status",
        expected: "401 with WWW-Authenticate",
        actual: answerText(unknown),
        evidence: exchangeEvidence(unknown.exchange),
        location,
        ...causeOfNoChallenge(unknown.exchange, gateway.deployment),
        ...everyoneAdmitted(gateway, unknown.status),
      });
    }
    const known = [
      { name: "the master key", bearer: gateway.masterKey },
      ...gateway.policy.injectedRoutes.map(({ secret }) => ({ name: secret, bearer: gateway.secret(secret) })),
    ];
    await forEachCase(
      "a key that LiteLLM knows is not challenged",
      known,
      ({ name }) => name,
      async ({ bearer }) => {
        const answer = await answerTo(bearer);
        if (answer.status !== 401 && answer.offered === undefined) return;
        throw new CheckFailure({
          summary: `the answer is ${answerText(answer)}`,
          code: "unexpected-challenge",
          expected: "another status than 401, without WWW-Authenticate",
          actual: answerText(answer),
          evidence: exchangeEvidence(answer.exchange),
          cause: "LiteLLM challenges callers whose key it knows: they retry with the same key, without end",
          location,
          ...causeOfChallenge(answer.exchange, bearer, gateway.deployment),
        });
      },
    );
  },
});

interface Answer {
  exchange: Exchange;
  status: number | undefined;
  /** Value of `WWW-Authenticate`. */
  offered: string | undefined;
}

async function answerOf(
  gateway: GatewayTarget,
  { host, path }: ReturnType<typeof onePathOf>[number],
  bearer: string,
): Promise<Answer> {
  const exchange = await gateway.send({ host, path, bearer });
  const offered = header(exchange.response?.headers, "www-authenticate");
  return { exchange, status: exchange.response?.status, offered };
}

function answerText({ status, offered }: Answer): string {
  return `${status ?? "nothing"} ${offered === undefined ? "without" : "with"} WWW-Authenticate`;
}
