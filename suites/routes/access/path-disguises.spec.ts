import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { type Exchange, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { mustReach } from "../support/edge-decisions.ts";
import { disguises, isPublicInEveryForm } from "../support/path-forms.ts";
import { locationOf } from "../support/router-locations.ts";

check({
  id: "ROUTE-08/disguised-paths",
  requirements: ["ROUTE-08"],
  title: "no encoding, dot segment, slash, parameter or fragment makes a private path public",
  needs: ["edge"],
  async run({ edge }) {
    const [host] = edge.policy.hosts;
    if (host === undefined) throw new CheckFailure({ summary: "the policy names no host" });
    const path = "/v1/models";
    const cases = edge.policy.hosts.flatMap((one) =>
      disguises(edge.policy, path).map((disguise) => ({ host: one, ...disguise })),
    );
    await forEachCase(
      "a private path in disguise stays private",
      cases,
      ({ host: { name }, name: form, target }) => `${form}: ${name} ${target}`,
      async ({ host: one, target }) => {
        const exchange = await edge.sendRaw({ host: one, path, target, lines: [] });
        // What is no HTTP is refused before it is routed or logged.
        if (exchange.response?.status === 400) return;
        // Judged by the path that the target received: Traefik may have tidied it up before it decided.
        const { router, server } = await edge.routing(exchange);
        const reached = edge.received(exchange)?.target ?? (server === undefined ? undefined : writtenTarget(exchange));
        if (reached === undefined || isPublicInEveryForm(edge.policy, reached)) return;
        const location = locationOf(edge.deployment, router);
        throw new CheckFailure({
          summary: `LiteLLM receives ${reached}, which may be read as a private path`,
          evidence: exchangeEvidence(exchange),

          cause: `the router ${router} takes the target for a public one`,
          ...(location === undefined ? {} : { location }),
        });
      },
    );
    await mustReach(edge, { host, path: "/v1/models", bearer: edge.anyKey });
  },
});

/** The target as it was written: a target that redirects what it would tidy up (Go's ServeMux) does not say it. */
function writtenTarget(exchange: Exchange): string {
  return exchange.request.url.replace(/^\S+ /, "");
}
