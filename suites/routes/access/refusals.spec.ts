import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { mustRefuse, thoseThatReach } from "../support/edge-decisions.ts";
import { privatePaths } from "../support/private-paths.ts";

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
        const exchange = await mustRefuse(edge, request);
        const offered = header(exchange.response?.headers, "www-authenticate");
        const challenged = challenge === undefined || offered?.toLowerCase().startsWith(challenge.toLowerCase());
        if (exchange.response?.status === status && challenged) return;
        const found = exchange.response?.status;
        throw new CheckFailure({
          summary: `the answer is ${found} ${offered === undefined ? "without" : "with"} WWW-Authenticate`,
          evidence: exchangeEvidence(exchange),

          cause:
            found === 404
              ? "no router matches, so Traefik answers 404: an MCP client then takes the endpoint for missing and never logs in; a catch-all router of the lowest priority can answer 401"
              : "the router for what is refused answers otherwise than the policy says",
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
    const cases = edge.policy.hosts.flatMap((host) => [
      ...edge.policy.publicPaths.map(({ path }) => ({ host, path })),
      ...edge.policy.injectedRoutes
        .filter(({ hosts }) => hosts.includes(host.name))
        .map(({ path }) => ({ host, path })),
      { host, path: edge.policy.mcp.endpoint, bearer: edge.anyKey },
    ]);
    await forEachCase(
      "the answer carries no challenge that the target did not make",
      await thoseThatReach(edge, cases),
      ({ request: { host, path } }) => `${host.name}${path}`,
      async ({ exchange }) => {
        const offered = header(exchange.response?.headers, "www-authenticate");
        if (offered === undefined) return;
        throw new CheckFailure({
          summary: `the answer offers WWW-Authenticate: ${offered}`,
          evidence: exchangeEvidence(exchange),

          cause:
            "the middleware that challenges is on this router too: it takes the place of LiteLLM's own challenge, which tells an MCP client where to log in",
          location: edge.deployment.litellm.location,
        });
      },
    );
  },
});
