import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { check } from "../../runner/check.ts";
import { hostText } from "../../support/access-cases.ts";
import { allowedPreflights, preflightFault, preflightHeaders } from "../support/preflights.ts";

check({
  id: "ROUTE-25/preflights-at-litellm",
  requirements: ["ROUTE-25"],
  title: "through the whole chain, a browser may send what the policy allows",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const cases = allowedPreflights(gateway.policy);
    if (cases.length === 0)
      evidence.notSupported("the policy lets no page of another origin call the gateway (hosts[].cors)");
    await forEachCase(
      "a page of the origin may send its request",
      cases,
      ({ host, path, origin }) => `${origin} to ${hostText(gateway.policy, host)}${path}`,
      async ({ host, path, origin, rule }) => {
        const exchange = await gateway.send({ host, path, method: "OPTIONS", headers: preflightHeaders(origin) });
        const fault = preflightFault(exchange, origin);
        if (fault === undefined) return;
        throw new CheckFailure({
          summary: `a browser does not let a page of ${origin} call ${path}`,
          code: "preflight-refused",
          expected: `2xx that allows POST with Authorization to ${origin}`,
          actual: fault,
          evidence: exchangeEvidence(exchange),
          cause: "Traefik refuses OPTIONS without a credential, or what answers does not allow this origin",
          location: rule.location,
          fix: "let OPTIONS pass to LiteLLM, or add a headers middleware with accessControlAllowOriginList",
        });
      },
    );
  },
});
