import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { moduleLineOfHeader } from "../../../helpers/deployment/litellm/module-lines.ts";
import { unknownKey } from "../../../helpers/deployment/source/canaries.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { statusOf } from "../../support/answers.ts";
import { expectKeysToCount } from "../../support/any-key.ts";
import { repeatedCredentials } from "../support/credential-forms.ts";

check({
  id: "ROUTE-06/repeated-authorization",
  requirements: ["ROUTE-06"],
  title: "a valid key next to another Authorization header does not get through the chain",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const [own] = onePathOf(gateway.policy, ["bearer"]);
    if (own === undefined)
      return evidence.notSupported(
        "no host of the policy demands a Bearer credential at Traefik: only LiteLLM reads the header",
      );
    const { host, path } = own;
    const control = await gateway.send({ host, path, bearer: gateway.masterKey });
    if (control.response?.status !== 200) {
      throw new CheckFailure({
        summary: "the control fails: the key alone does not get through",
        code: "control-failed",
        expected: "200 to the master key alone",
        actual: statusOf(control),
        evidence: exchangeEvidence(control),
        cause: "no route leads to LiteLLM, or LiteLLM does not accept the key",
        location: gateway.deployment.litellm.location,
      });
    }
    const unknown = await gateway.send({ host, path, bearer: unknownKey });
    if (path === "/v1/models")
      expectKeysToCount(gateway, unknown, "no header changes the answer", gateway.deployment.litellm.location);
    await forEachCase(
      "a request with repeated Authorization headers is refused",
      repeatedCredentials(gateway.masterKey),
      ({ name }) => name,
      async ({ lines }) => {
        const exchange = await gateway.sendRaw({ host, path, lines });
        const status = exchange.response?.status ?? 0;
        if (status === 400 || status === 401) return;
        throw new CheckFailure({
          summary: "the edge and LiteLLM may judge two different credentials of one request",
          code: "not-refused",
          expected: "400 or 401",
          actual: statusOf(exchange),
          evidence: exchangeEvidence(exchange),
          cause: "Traefik's HeaderRegexp matches when any of the headers matches, and LiteLLM reads the first one",
          location: moduleLineOfHeader(gateway.deployment, "authorization") ?? gateway.deployment.litellm.location,
          fix: "refuse a request with more than one Authorization header in custom_auth",
        });
      },
    );
  },
});
