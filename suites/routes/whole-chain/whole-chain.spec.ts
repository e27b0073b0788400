import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { check } from "../../runner/check.ts";
import { answerFrom, statusOf } from "../../support/answers.ts";
import { privatePaths } from "../../support/private-paths.ts";
import { locationOf } from "../../support/router-locations.ts";

check({
  id: "ROUTE-17/no-data-for-anonymous-requests",
  requirements: ["ROUTE-17"],
  title: "through the whole chain no anonymous request to a private path returns LiteLLM's data",
  needs: ["gateway", "access-log"],
  async run({ gateway }) {
    const control = await gateway.send({ path: "/v1/models", bearer: gateway.masterKey });
    if (control.response?.status !== 200 || !control.response.body.includes('"data"')) {
      throw new CheckFailure({
        summary: "the control fails: LiteLLM's list of models does not come through Traefik with the master key",
        code: "control-failed",
        expected: "200 with LiteLLM's list of models",
        actual: statusOf(control),
        evidence: exchangeEvidence(control),
        cause: "no route leads to LiteLLM, or LiteLLM does not accept the key",
        location: gateway.deployment.litellm.location,
      });
    }
    const cases = gateway.policy.hosts.flatMap((host) =>
      privatePaths(gateway.policy).flatMap((path) =>
        ["GET", "POST"].map((method) => ({ host, path, method, ...(method === "POST" ? { body: "{}" } : {}) })),
      ),
    );
    await forEachCase(
      "an anonymous request is refused before LiteLLM",
      cases,
      ({ host, path, method }) => `${method} ${host.name}${path}`,
      async (request) => {
        const exchange = await gateway.send({ ...request, headers: [["Content-Type", "application/json"]] });
        const { router, server } = await gateway.routing(exchange);
        if (server === undefined && exchange.response !== undefined && exchange.response.status >= 400) return;
        const isForwarded = server !== undefined;
        const location = locationOf(gateway.deployment, router);
        throw new CheckFailure({
          summary: isForwarded
            ? "LiteLLM itself answers an anonymous request"
            : "Traefik does not refuse an anonymous request",
          code: isForwarded ? "reached-litellm" : "not-refused",
          expected: "a status of 400 or above from Traefik",
          actual: answerFrom(isForwarded ? "LiteLLM" : "Traefik", exchange),
          evidence: exchangeEvidence(exchange),
          cause: isForwarded
            ? `the router ${router} forwards it to LiteLLM`
            : "Traefik answers it itself with a status below 400, or closes the connection",
          ...(location === undefined ? {} : { location }),
        });
      },
    );
  },
});
