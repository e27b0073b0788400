import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { unknownKey } from "../../../helpers/deployment/canaries.ts";
import { header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";

check({
  id: "ROUTE-14/litellm-challenges",
  requirements: ["ROUTE-14"],
  title: "LiteLLM itself challenges a caller with an unknown key, and no caller with a known one",
  needs: ["gateway"],
  async run({ gateway }) {
    // MCP's own refusals are CAT-10's.
    const path = "/v1/models";
    const challengeTo = async (bearer: string) => {
      const exchange = await gateway.send({ path, bearer });
      const offered = header(exchange.response?.headers, "www-authenticate");
      return { exchange, status: exchange.response?.status, offered };
    };
    const stranger = await challengeTo(unknownKey);
    const location = gateway.deployment.litellm.location;
    if (stranger.status !== 401 || stranger.offered === undefined) {
      throw new CheckFailure({
        summary: `a key that nobody has is answered ${stranger.status} ${stranger.offered === undefined ? "without" : "with"} WWW-Authenticate`,
        evidence: exchangeEvidence(stranger.exchange),

        cause:
          "RFC 9110, 15.5.2: a 401 says how to authenticate; LiteLLM's own auth leaves that out, a custom_auth module can add it",
        location,
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
        const { exchange, status, offered } = await challengeTo(bearer);
        if (status !== 401 && offered === undefined) return;
        throw new CheckFailure({
          summary: `the answer is ${status} ${offered === undefined ? "without" : "with"} WWW-Authenticate`,
          evidence: exchangeEvidence(exchange),

          cause: "a client that is told to authenticate tries again with the same key, for ever",
          location,
        });
      },
    );
  },
});
