import { randomUUID } from "node:crypto";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { casesFor, hostsWith, hostText } from "../../support/access-cases.ts";
import { statusOf } from "../../support/answers.ts";
import { expectDecision, expectRefused } from "../support/edge-decisions.ts";

/** Who lets nobody through without a credential. */
const restricted = ["bearer", "login", "nobody"] as const;
const nothingRestricted = "the policy restricts nothing at Traefik: LiteLLM alone judges who may do what";

check({
  id: "ROUTE-04/private-paths-refused",
  requirements: ["ROUTE-04"],
  title: "without a Bearer credential no private path reaches LiteLLM",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    if (hostsWith(policy, ...restricted).length === 0) evidence.notSupported(nothingRestricted);
    await forEachCase(
      "an anonymous request to a private path is refused",
      casesFor(policy, restricted),
      ({ host, path }) => `${hostText(policy, host)}${path}`,
      async ({ decision, ...request }) =>
        expectDecision(edge, decision, (credentials) => edge.send({ ...request, ...credentials })),
    );
  },
});

check({
  id: "ROUTE-04/target-log-shows-no-refused-request",
  requirements: ["ROUTE-04"],
  title: "the target's own log shows none of the refused requests",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    // Paths that only this check uses, so that a line in the target's log can only be one of its requests.
    const ownPaths = (): string[] => ["/", "/v1/models/", "/key/", "/mcp/"].map((prefix) => prefix + randomUUID());
    const cases = casesFor(policy, [...restricted, "redirect"], { paths: ownPaths });
    if (hostsWith(policy, ...restricted, "redirect").length === 0) evidence.notSupported(nothingRestricted);
    if (cases.length === 0) evidence.notSupported("every host leaves the paths that its rules do not name to LiteLLM");
    const sent = new Map<string, Exchange>();
    await forEachCase(
      "an anonymous request to an unknown private path is refused",
      cases,
      ({ host, path }) => `${hostText(policy, host)}${path}`,
      async ({ host, path }) => {
        const exchange = await edge.send({ host, path });
        sent.set(path, exchange);
        await expectRefused(edge, exchange);
      },
    );
    const log = await edge.targetLog();
    const arrived = cases.filter(({ path }) => log.some((line) => line.endsWith(` ${path}`)));
    const [first, ...others] = arrived.flatMap(({ path }) => sent.get(path) ?? []);
    if (first === undefined) return;
    throw new CheckFailure({
      summary: `${arrived.length} of ${cases.length} refused requests are in the target's log`,
      code: "refused-and-forwarded",
      expected: "none of the refused requests in the target's log",
      actual: arrived.map(({ host, path }) => `${host.name}${path}`).join("\n"),
      evidence: exchangeEvidence(first, ...others),
      cause: `Traefik answers ${statusOf(first)} and forwards the request as well, by a mirroring or error-page middleware`,
      location: edge.deployment.litellm.location,
      fix: "remove the middleware that forwards refused requests",
    });
  },
});
