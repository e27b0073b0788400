import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { decide, prefixOf } from "../../../helpers/deployment/policy/access.ts";
import { check } from "../../runner/check.ts";
import { openRules } from "../../support/access-cases.ts";
import { answerFrom } from "../../support/answers.ts";

check({
  id: "ROUTE-01/public-paths-at-litellm",
  requirements: ["ROUTE-01"],
  title: "LiteLLM itself answers each public path with the policy's status to a caller without a key",
  needs: ["gateway", "access-log"],
  async run({ gateway, evidence }) {
    const { policy } = gateway;
    const named = openRules(policy).filter(({ rule }) => rule.who === "anyone");
    if (named.length === 0) evidence.notSupported("the policy names no path that LiteLLM answers to anyone");
    const cases = named
      .filter(({ host, rule, pattern: path }) => {
        const decision = decide(policy, host, { method: "GET", path });
        return prefixOf(path) === undefined && decision.who === "anyone" && decision.location === rule.location;
      })
      .map(({ host, rule: { statuses = [200], location }, pattern: path }) => ({ host, path, statuses, location }));
    await forEachCase(
      "a public path is served through the whole chain",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async ({ host, path, statuses, location }) => {
        const exchange = await gateway.send({ host, path });
        const found = exchange.response?.status;
        const { server } = await gateway.routing(exchange);
        if (found !== undefined && server !== undefined && statuses.includes(found)) return;
        const isForwarded = server !== undefined;
        throw new CheckFailure({
          summary: `${isForwarded ? "LiteLLM" : "Traefik"} answers ${found ?? "nothing"} to an anonymous GET of ${path}`,
          code: isForwarded ? "wrong-status" : "not-reached",
          expected: `${statuses.join(" or ")} from LiteLLM`,
          actual: answerFrom(isForwarded ? "LiteLLM" : "Traefik", exchange),
          evidence: exchangeEvidence(exchange),
          cause: causeOf(found, isForwarded),
          location,
        });
      },
    );
  },
});

function causeOf(status: number | undefined, isForwarded: boolean): string {
  if (!isForwarded) return "no router forwards this path to LiteLLM without a key";
  if (status === 404)
    return "LiteLLM serves nothing there: an option (DOCS_URL, a root path) moves the page, or this version serves it elsewhere";
  return "LiteLLM requires a key for it, or this version answers with another status";
}
