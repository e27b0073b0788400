import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { Policy } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { casesFor, hostText, onePathOf } from "../../support/access-cases.ts";
import { answerFrom, statusOf } from "../../support/answers.ts";
import { ownPublicPaths, sensitivePaths } from "../../support/private-paths.ts";
import { locationOf } from "../../support/router-locations.ts";

check({
  id: "ROUTE-17/no-data-for-anonymous-requests",
  requirements: ["ROUTE-17"],
  title: "through the whole chain no anonymous request to a private path returns LiteLLM's data",
  needs: ["gateway", "access-log"],
  async run({ gateway, evidence }) {
    const { policy } = gateway;
    const cases = casesFor(policy, ["bearer", "login", "nobody", "litellm"], { methods: ["GET", "POST"] })
      // Where LiteLLM judges, what it serves to anyone is public.
      .filter(({ decision, path }) => decision.who !== "litellm" || judgedByLiteLLM(policy, path));
    if (cases.length === 0) evidence.notSupported("the policy has no path that is not for anyone");
    const models = "/v1/models";
    const host = onePathOf(policy, ["bearer", "litellm"]).find(({ path }) => path === models)?.host;
    const control = host && (await gateway.send({ host, path: models, bearer: gateway.masterKey }));
    if (control !== undefined && !(control.response?.status === 200 && control.response.body.includes('"data"'))) {
      throw new CheckFailure({
        summary: "the control fails: LiteLLM's list of models does not come with the master key",
        code: "control-failed",
        expected: "200 with LiteLLM's list of models",
        actual: statusOf(control),
        evidence: exchangeEvidence(control),
        cause: "no route leads to LiteLLM, or LiteLLM does not accept the key",
        location: gateway.deployment.litellm.location,
      });
    }
    await forEachCase(
      "an anonymous request is refused, before LiteLLM where the policy says so",
      cases,
      ({ host, path, method }) => `${method} ${hostText(policy, host)}${path}`,
      async ({ host, path, method, decision }) => {
        const lines = ["Content-Type: application/json"];
        const exchange = await gateway.sendRaw({
          host,
          path,
          method,
          lines,
          ...(method === "POST" ? { body: "{}" } : {}),
        });
        const { router, server } = await gateway.routing(exchange);
        if (decision.who === "litellm") {
          expectRefusalByLiteLLM(gateway, exchange);
          return;
        }
        const status = exchange.response?.status ?? 0;
        // A login may begin with a redirect, and another service than LiteLLM answers as the policy says.
        const isMeant = decision.refusal.statuses.includes(status);
        if (server === undefined && (isMeant || status >= (decision.who === "login" ? 300 : 400))) return;
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

/** Whether LiteLLM itself demands a credential for a path. */
function judgedByLiteLLM({ mcp }: Policy, path: string): boolean {
  const judged: readonly string[] = [...sensitivePaths, mcp.endpoint, mcp.stream];
  return judged.includes(path) && !ownPublicPaths.includes(path);
}

/** LiteLLM judges where the policy says `litellm`: any status of 400 or above is a refusal; ROUTE-14 judges which one it is. */
function expectRefusalByLiteLLM(gateway: GatewayTarget, exchange: Exchange): void {
  const status = exchange.response?.status ?? 0;
  if (status >= 400) return;
  throw new CheckFailure({
    summary: "LiteLLM answers a request without a key",
    code: "answered-without-key",
    expected: "a status of 400 or above from LiteLLM",
    actual: answerFrom("LiteLLM", exchange),
    evidence: exchangeEvidence(exchange),
    cause: "LiteLLM has no master key, does not find it where its config has it, or serves this path to anyone",
    location: gateway.deployment.litellm.location,
    fix: "set general_settings.master_key, or LITELLM_MASTER_KEY",
  });
}
