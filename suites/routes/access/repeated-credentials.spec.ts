import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { repeatedCredentials } from "../support/credential-forms.ts";

/** A path that only a credential opens, on any deployment. */
const path = "/v1/models";

check({
  id: "ROUTE-06/repeated-authorization",
  requirements: ["ROUTE-06"],
  title: "a valid key next to another Authorization header does not get through the chain",
  needs: ["gateway"],
  async run({ gateway }) {
    const control = await gateway.send({ path, bearer: gateway.masterKey });
    if (control.response?.status !== 200) {
      throw new CheckFailure({
        summary: "the control fails: the key alone does not get through",
        evidence: exchangeEvidence(control),
      });
    }
    await forEachCase(
      "repeated Authorization headers are refused",
      repeatedCredentials(gateway.masterKey),
      ({ name }) => name,
      async ({ lines }) => {
        const exchange = await gateway.sendRaw({ path, lines });
        const status = exchange.response?.status ?? 0;
        if (status === 400 || status === 401) return;
        throw new CheckFailure({
          summary: `LiteLLM answers ${status}: what the edge judged and what LiteLLM reads may be two credentials`,
          evidence: exchangeEvidence(exchange),

          cause:
            "Traefik's HeaderRegexp is content with any of the headers, and LiteLLM reads the first: refuse a request with more than one in custom_auth",
          location: gateway.deployment.litellm.location,
        });
      },
    );
  },
});
