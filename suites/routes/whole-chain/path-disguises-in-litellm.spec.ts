import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { statusOf } from "../../support/answers.ts";
import { disguises } from "../support/path-forms.ts";

check({
  id: "ROUTE-08/disguised-paths-at-litellm",
  requirements: ["ROUTE-08"],
  title: "LiteLLM itself does not treat a disguised public path as a private one",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { policy } = gateway;
    const path = "/v1/models";
    const host = onePathOf(policy, ["bearer", "litellm"]).find((one) => one.path === path)?.host;
    if (host === undefined) return evidence.notSupported(`no host of the policy takes a key for ${path}`);
    const control = await gateway.send({ host, path, bearer: gateway.masterKey });
    const data = control.response?.body ?? "";
    if (control.response?.status !== 200 || !data.includes('"data"')) {
      throw new CheckFailure({
        summary: "the control fails: LiteLLM does not send its list of models to the master key",
        code: "control-failed",
        expected: "200 with LiteLLM's list of models",
        actual: statusOf(control),
        evidence: exchangeEvidence(control),
        cause: "no route leads to LiteLLM, or LiteLLM does not accept the key",
        location: gateway.deployment.litellm.location,
      });
    }
    await forEachCase(
      "an anonymous request with a disguised path gets none of LiteLLM's data",
      disguises(policy, host, path),
      ({ name, target }) => `${name}: ${target}`,
      async ({ target }) => {
        const exchange = await gateway.sendRaw({ host, path, target, lines: [] });
        if (exchange.response?.body !== data) return;
        throw new CheckFailure({
          summary: "LiteLLM answers an anonymous request with its list of models",
          code: "data-disclosed",
          expected: "any answer without LiteLLM's data",
          actual: `${statusOf(exchange)} with LiteLLM's list of models`,
          evidence: exchangeEvidence(exchange),
          cause: "a router of Traefik treats the target as a public path, and LiteLLM treats it as a private one",
          location: gateway.deployment.litellm.location,
          fix: `look up the router in Traefik's access log (request ${exchange.id}), and narrow its rule`,
        });
      },
    );
  },
});
