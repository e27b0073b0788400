import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { mustReach, thoseThatReach } from "../support/edge-decisions.ts";

/** Values that no machine of the rig has. */
const forged: readonly (readonly [string, string])[] = [
  ["X-Forwarded-For", "203.0.113.7"],
  ["X-Forwarded-Host", "forged.example"],
  ["X-Forwarded-Port", "4444"],
  ["X-Forwarded-Proto", "forged"],
  ["X-Forwarded-Server", "forged.example"],
  ["X-Forwarded-Uri", "/forged"],
  ["X-Forwarded-Method", "FORGED"],
  ["X-Forwarded-Prefix", "/forged"],
  ["X-Real-Ip", "203.0.113.7"],
];

check({
  id: "ROUTE-13/client-forwarded-headers-dropped",
  requirements: ["ROUTE-13"],
  title: "X-Forwarded-* and X-Real-Ip headers of a client are not forwarded",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) => forged.map(([name, value]) => ({ host, name, value })));
    await forEachCase(
      "a forged header is replaced or dropped",
      cases,
      ({ host, name }) => `${name} (${host.name})`,
      async ({ host, name, value }) => {
        const request = { host, path: "/v1/models", headers: [[name, value] as const], bearer: edge.anyKey };
        const { exchange, received } = await mustReach(edge, request);
        if (!header(received.headers, name)?.includes(value)) return;
        throw new CheckFailure({
          summary: `LiteLLM receives the client's own ${name}`,
          evidence: exchangeEvidence(exchange),

          cause:
            "the entry point trusts forwarding headers: forwardedHeaders.insecure, or trustedIPs that hold the client's address",
          location: edge.deployment.traefik.location,
        });
      },
    );
  },
});

check({
  id: "ROUTE-13/true-forwarded-headers",
  requirements: ["ROUTE-13"],
  title: "what Traefik reports to LiteLLM about a request is true",
  needs: ["edge"],
  async run({ edge }) {
    const [open] = edge.policy.publicPaths;
    if (open === undefined) throw new CheckFailure({ summary: "the policy names no public path" });
    const cases = edge.policy.hosts.flatMap((host) => [
      { host, path: open.path },
      { host, path: "/v1/models", bearer: edge.anyKey },
      ...edge.policy.injectedRoutes
        .filter(({ hosts }) => hosts.includes(host.name))
        .map(({ path }) => ({ host, path })),
    ]);
    await forEachCase(
      "the scheme and the host are those of the request, and one address is the client's",
      await thoseThatReach(edge, cases),
      ({ request: { host, path } }) => `${host.name}${path}`,
      async ({ request, exchange, received }) => {
        const told = (name: string): string | undefined => header(received.headers, name);
        const wrong = [
          ...(told("X-Forwarded-Proto") === request.host.scheme ? [] : ["X-Forwarded-Proto"]),
          ...(told("X-Forwarded-Host") === request.host.name ? [] : ["X-Forwarded-Host"]),
          // The client's address as such is the engine's affair; that there is one, and the same in both, is not.
          ...(told("X-Real-Ip") !== undefined && told("X-Real-Ip") === told("X-Forwarded-For") ? [] : ["X-Real-Ip"]),
        ];
        if (wrong.length === 0) return;
        throw new CheckFailure({
          summary: `LiteLLM receives ${wrong.map((name) => `${name}: ${told(name)}`).join(", ")}`,
          evidence: exchangeEvidence(exchange),

          cause: "a middleware sets or drops the header (customRequestHeaders), or rewrites the request",
          location: edge.deployment.litellm.location,
        });
      },
    );
  },
});
