import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { whyNotRefused } from "../../../helpers/checks/routing-causes.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { expectDecision } from "../support/edge-decisions.ts";
import { disguises, isOpenInEveryForm } from "../support/path-forms.ts";

check({
  id: "ROUTE-08/disguised-paths",
  requirements: ["ROUTE-08"],
  title: "no encoding, dot segment, slash, parameter or fragment makes a private path public",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    // One path of each kind: they may be refused by routers of their own.
    const restricted = (["bearer", "login", "nobody"] as const).flatMap((who) => onePathOf(policy, [who]));
    if (restricted.length === 0)
      evidence.notSupported("the policy restricts no path at Traefik: LiteLLM alone judges who may do what");
    const cases = restricted.flatMap((one) =>
      disguises(policy, one.host, one.path).map((disguise) => ({ ...one, ...disguise })),
    );
    await forEachCase(
      "a disguised private path stays private",
      cases,
      ({ host, name, target }) => `${name}: ${host.name} ${target}`,
      async ({ host, path, target, decision }) => {
        const exchange = await edge.sendRaw({ host, path, target, lines: [] });
        // What is not HTTP is refused before it is routed or logged.
        if (exchange.response?.status === 400) return;
        // Judged by the path that the target received: Traefik may have normalised it before its decision.
        const { router, server } = await edge.routing(exchange);
        const reached = edge.received(exchange)?.target ?? (server === undefined ? undefined : sentTarget(exchange));
        if (reached === undefined || isOpenInEveryForm(policy, host, reached)) return;
        throw new CheckFailure({
          summary: `LiteLLM receives ${reached}, which may be read as a private path`,
          code: "private-path-reached",
          expected: "a refusal, or a target that is public in every equivalent form",
          actual: `LiteLLM receives ${reached}`,
          evidence: exchangeEvidence(exchange),
          ...whyNotRefused(edge.deployment, exchange, router, decision),
        });
      },
    );
    await forEachCase(
      "control: the private path itself is for those whom the policy names",
      restricted,
      ({ host, path }) => `${host.name}${path}`,
      async ({ host, path, decision }) =>
        expectDecision(edge, decision, (credentials) => edge.send({ host, path, ...credentials })),
    );
  },
});

/** The target as it was sent: a target that answers with a redirect (Go's ServeMux) does not say what it received. */
function sentTarget(exchange: Exchange): string {
  return exchange.request.url.replace(/^\S+ /, "");
}
