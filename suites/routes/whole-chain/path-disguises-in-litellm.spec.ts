import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { disguises } from "../support/path-forms.ts";

check({
  id: "ROUTE-08/disguised-paths-at-litellm",
  requirements: ["ROUTE-08"],
  title: "LiteLLM itself does not treat a disguised public path as a private one",
  needs: ["gateway", "access-log"],
  async run({ gateway }) {
    const path = "/v1/models";
    const control = await gateway.send({ path, bearer: gateway.masterKey });
    const data = control.response?.body ?? "";
    if (control.response?.status !== 200 || !data.includes('"data"')) {
      throw new CheckFailure({
        summary: "the control fails: with the master key the list of models does not come",
        evidence: exchangeEvidence(control),
      });
    }
    await forEachCase(
      "an anonymous request in disguise gets none of LiteLLM's data",
      disguises(gateway.policy, path),
      ({ name, target }) => `${name}: ${target}`,
      async ({ target }) => {
        const exchange = await gateway.sendRaw({ path, target, lines: [] });
        if (exchange.response?.body !== data) return;
        const { router } = await gateway.routing(exchange);
        throw new CheckFailure({
          summary: "LiteLLM answers with its list of models",
          evidence: exchangeEvidence(exchange),

          cause: `the router ${router} takes the target for a public path, LiteLLM for a private one`,
        });
      },
    );
  },
});
