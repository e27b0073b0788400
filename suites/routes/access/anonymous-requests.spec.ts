import { randomUUID } from "node:crypto";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { privatePaths } from "../../support/private-paths.ts";
import { expectReached, expectRefused } from "../support/edge-decisions.ts";

check({
  id: "ROUTE-04/private-paths-refused",
  requirements: ["ROUTE-04"],
  title: "without a Bearer credential no private path reaches LiteLLM",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) => privatePaths(edge.policy).map((path) => ({ host, path })));
    await forEachCase(
      "an anonymous request to a private path is refused",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        await expectRefused(edge, await edge.send(request));
        // Control (design, rule 2): the same request with a key gets through, so the target is up.
        await expectReached(edge, await edge.send({ ...request, bearer: edge.anyKey }));
      },
    );
  },
});

check({
  id: "ROUTE-04/target-log-shows-no-refused-request",
  requirements: ["ROUTE-04"],
  title: "the target's own log shows none of the refused requests",
  needs: ["edge"],
  async run({ edge }) {
    const { refusal } = edge.policy;
    // Paths that only this check uses, so that a line in the target's log can only be one of its requests.
    const cases = edge.policy.hosts.flatMap((host) =>
      ["/", "/v1/models/", "/key/", "/mcp/"].map((prefix) => ({ host, path: `${prefix}${randomUUID()}` })),
    );
    const sent = new Map<string, Exchange>();
    await forEachCase(
      "an anonymous request to an unknown private path is refused",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        const exchange = await edge.send(request);
        sent.set(request.path, exchange);
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
      cause: `Traefik answers ${refusal.status} and forwards the request as well, by a mirroring or error-page middleware`,
      location: edge.deployment.litellm.location,
      fix: "remove the middleware that forwards refused requests",
    });
  },
});
