import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { privatePaths } from "../../support/private-paths.ts";
import { expectRefused, reachedRequests } from "../support/edge-decisions.ts";

check({
  id: "ROUTE-14/status-and-challenge",
  requirements: ["ROUTE-14"],
  title: "a refused request is answered with the policy's status and challenge",
  needs: ["edge"],
  async run({ edge }) {
    const { status, challenge } = edge.policy.refusal;
    const cases = edge.policy.hosts.flatMap((host) =>
      privatePaths(edge.policy).flatMap((path) => ["GET", "POST"].map((method) => ({ host, path, method }))),
    );
    await forEachCase(
      `a refused request is answered ${status}`,
      cases,
      ({ host, path, method }) => `${method} ${host.name}${path}`,
      async (request) => {
        const exchange = await edge.send(request);
        await expectRefused(edge, exchange);
        const offered = header(exchange.response?.headers, "www-authenticate");
        const isChallenged = challenge === undefined || offered?.toLowerCase().startsWith(challenge.toLowerCase());
        const found = exchange.response?.status;
        if (found === status && isChallenged) return;
        throw new CheckFailure({
          summary: `the answer is ${found} ${offered === undefined ? "without" : "with"} WWW-Authenticate`,
          code: found === status ? "wrong-challenge" : "wrong-status",
          expected: `${status}${challenge === undefined ? "" : `, WWW-Authenticate: ${challenge}`}`,
          actual: `${found}, ${offered === undefined ? "no WWW-Authenticate" : `WWW-Authenticate: ${offered}`}`,
          evidence: exchangeEvidence(exchange),
          cause:
            found === 404
              ? "no router matches, so Traefik answers 404: an MCP client concludes that the endpoint is missing and never logs in"
              : "the router for refused requests answers differently from the policy",
          location: edge.deployment.litellm.location,
          ...(found === 404 ? { fix: `add a catch-all router of the lowest priority that answers ${status}` } : {}),
        });
      },
    );
  },
});

check({
  id: "ROUTE-14/no-challenge-when-allowed",
  requirements: ["ROUTE-14"],
  title: "a request that gets through is not challenged on the way",
  needs: ["edge"],
  async run({ edge }) {
    const requests = edge.policy.hosts.flatMap((host) => [
      ...edge.policy.publicPaths.map(({ path }) => ({ host, path })),
      ...edge.policy.injectedRoutes
        .filter(({ hosts }) => hosts.includes(host.name))
        .map(({ path }) => ({ host, path })),
      { host, path: edge.policy.mcp.endpoint, bearer: edge.anyKey },
    ]);
    await forEachCase(
      "the answer carries no challenge that the target did not send",
      await reachedRequests(edge, requests),
      ({ request: { host, path } }) => `${host.name}${path}`,
      async ({ exchange }) => {
        const offered = header(exchange.response?.headers, "www-authenticate");
        if (offered === undefined) return;
        throw new CheckFailure({
          summary: `the answer offers WWW-Authenticate: ${offered}`,
          code: "unexpected-challenge",
          expected: "no WWW-Authenticate",
          actual: `WWW-Authenticate: ${offered}`,
          evidence: exchangeEvidence(exchange),
          cause:
            "the middleware that challenges is on this router too: it replaces LiteLLM's own challenge, which says where an MCP client logs in",
          location: edge.deployment.litellm.location,
          fix: "remove the challenging middleware from this router",
        });
      },
    );
  },
});
