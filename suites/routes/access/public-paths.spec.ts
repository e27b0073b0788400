import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { mustReach } from "../support/edge-decisions.ts";

check({
  id: "ROUTE-01/public-paths",
  requirements: ["ROUTE-01"],
  title: "each public path answers without credentials on each host",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) => edge.policy.publicPaths.map(({ path }) => ({ host, path })));
    await forEachCase(
      "a public path answers an anonymous GET",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        const { exchange, received } = await mustReach(edge, request);
        if (received.method === "GET" && received.target === request.path && exchange.response?.status === 200) return;
        throw new CheckFailure({
          summary: `the target received ${received.method} ${received.target} instead`,
          evidence: exchangeEvidence(exchange),

          cause: "a middleware rewrites the request",
        });
      },
    );
  },
});

check({
  id: "ROUTE-01/head-requests",
  requirements: ["ROUTE-01"],
  title: "each public path answers HEAD as it answers GET",
  needs: ["edge"],
  async run({ edge }) {
    const marked = edge.policy.hosts.flatMap((host) =>
      edge.policy.publicPaths.map(({ path }) => ({ host, path, method: "HEAD" })),
    );
    const before = await edge.targetLog();
    await forEachCase(
      "a public path answers an anonymous HEAD",
      marked,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        // A response to HEAD has no body in which the target could name itself: Traefik's log says who answered.
        const exchange = await edge.send(request);
        const { router, server } = await edge.routing(exchange);
        if (exchange.response?.status === 200 && server !== undefined) return;
        throw new CheckFailure({
          summary: `HEAD ${request.path} on ${request.host.name} does not get through`,
          evidence: exchangeEvidence(exchange),

          cause: router === undefined ? "no router matches HEAD" : `the router ${router} took it`,
        });
      },
    );
    const heads = (log: string[]): number => log.filter((line) => line.startsWith("HEAD ")).length;
    const arrived = heads(await edge.targetLog()) - heads(before);
    if (arrived >= marked.length) return;
    throw new CheckFailure({
      summary: `of ${marked.length} HEAD requests the target's own log shows ${arrived}`,
      cause: "something between Traefik and the target answers for it",
    });
  },
});
