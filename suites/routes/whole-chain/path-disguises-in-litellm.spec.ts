import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { conformance } from "../../runner/conformance.ts";
import { disguises } from "../support/path-forms.ts";

conformance(["ROUTE-08"], "LiteLLM itself takes no public path in disguise for a private one", async ({ gateway }) => {
  const path = "/v1/models";
  const control = await gateway.send({ path, bearer: gateway.masterKey });
  const data = control.response?.body ?? "";
  if (control.response?.status !== 200 || !data.includes('"data"')) {
    throw new CheckFailure({
      what: "the control fails: with the master key the list of models does not come",
      sent: sentText(control),
      received: receivedText(control),
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
        what: "LiteLLM answers with its list of models",
        sent: sentText(exchange),
        received: receivedText(exchange),
        cause: `the router ${router} takes the target for a public path, LiteLLM for a private one`,
      });
    },
  );
});
