import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { expectReached, reachedRequests } from "../support/edge-decisions.ts";
import { anyPublicPath } from "../support/public-paths.ts";

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
        const exchange = await edge.send(request);
        const received = await expectReached(edge, exchange);
        const arrived = header(received.headers, name);
        if (!arrived?.includes(value)) return;
        throw new CheckFailure({
          summary: `LiteLLM receives the client's own ${name}`,
          code: "forged-header-trusted",
          expected: `no ${name} at LiteLLM, or Traefik's own value`,
          actual: `${name}: ${arrived}`,
          evidence: exchangeEvidence(exchange),
          cause:
            "the entry point trusts forwarding headers: forwardedHeaders.insecure, or trustedIPs that include the client's address",
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
    const publicPath = anyPublicPath(edge.policy).path;
    const requests = edge.policy.hosts.flatMap((host) => [
      { host, path: publicPath },
      { host, path: "/v1/models", bearer: edge.anyKey },
      ...edge.policy.injectedRoutes
        .filter(({ hosts }) => hosts.includes(host.name))
        .map(({ path }) => ({ host, path })),
    ]);
    await forEachCase(
      "the forwarding headers give the request's scheme and host, and one address of the client",
      await reachedRequests(edge, requests),
      ({ request: { host, path } }) => `${host.name}${path}`,
      async ({ request: { host }, exchange, received }) => {
        const arrived = (name: string): string | undefined => header(received.headers, name);
        const due: [string, string | undefined][] = [
          ["X-Forwarded-Proto", host.scheme],
          ["X-Forwarded-Host", host.name],
          // Which address the client has depends on the engine. Both headers must hold the same one.
          ["X-Real-Ip", arrived("X-Forwarded-For")],
        ];
        const wrong = due.filter(([name, value]) => value === undefined || arrived(name) !== value);
        if (wrong.length === 0) return;
        const actual = wrong.map(([name]) => `${name}: ${arrived(name)}`).join(", ");
        throw new CheckFailure({
          summary: `LiteLLM receives ${actual}`,
          code: "untrue-header",
          expected: wrong.map(([name, value]) => `${name}: ${value ?? "the client's address"}`).join(", "),
          actual,
          evidence: exchangeEvidence(exchange),
          cause: "a middleware sets or drops the header (customRequestHeaders), or rewrites the request",
          location: edge.deployment.litellm.location,
        });
      },
    );
  },
});
