import { randomUUID } from "node:crypto";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { mustReach, mustRefuse } from "../support/edge-decisions.ts";
import { privatePaths } from "../support/private-paths.ts";

check({
  id: "ROUTE-04/private-paths-refused",
  requirements: ["ROUTE-04"],
  title: "without a Bearer credential no private path reaches LiteLLM",
  needs: ["edge"],
  async run({ edge }) {
    const key = edge.anyKey;
    const cases = edge.policy.hosts.flatMap((host) => privatePaths(edge.policy).map((path) => ({ host, path })));
    await forEachCase(
      "an anonymous request to a private path is refused",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        await mustRefuse(edge, request);
        // The same request with a key, a moment later: refused was not 'the target is down' (design, rule 2).
        await mustReach(edge, { ...request, bearer: key });
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
    // Paths of this check alone, so that a line in the target's log can only be one of its requests.
    const cases = edge.policy.hosts.flatMap((host) =>
      ["/", "/v1/models/", "/key/", "/mcp/"].map((under) => ({ host, path: `${under}${randomUUID()}` })),
    );
    await forEachCase(
      "a private path is refused as the policy says",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        await mustRefuse(edge, request);
      },
    );
    const log = await edge.targetLog();
    const arrived = cases.filter(({ path }) => log.some((line) => line.endsWith(` ${path}`)));
    if (arrived.length > 0) {
      throw new CheckFailure({
        summary: `${arrived.length} of ${cases.length} refused requests stand in the target's log all the same`,
        evidence: { received: arrived.map(({ host, path }) => `${host.name}${path}`).join("\n") },
        cause: `Traefik answers ${refusal.status} and hands the request on: look for a mirroring or error-page middleware`,
      });
    }
  },
});
