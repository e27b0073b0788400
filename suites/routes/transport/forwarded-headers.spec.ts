import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { originOf } from "../../../helpers/deployment/services/origins.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { casesFor, onePathOf } from "../../support/access-cases.ts";
import { locationOnTheWay } from "../../support/router-locations.ts";
import { expectReached, reachedRequests } from "../support/edge-decisions.ts";
import { whyTrusted } from "../support/trusted-headers.ts";

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
  async run({ edge, evidence }) {
    const reachable = onePathOf(edge.policy, ["bearer", "litellm", "login", "anyone"]);
    if (reachable.length === 0) evidence.notSupported("the policy lets no request through");
    const cases = reachable.flatMap((one) => forged.map(([name, value]) => ({ ...one, name, value })));
    await forEachCase(
      "a forged header is replaced or dropped",
      cases,
      ({ host, name }) => `${name} (${host.name})`,
      async ({ host, path, name, value }) => {
        const headers = [[name, value] as const, ...edge.session];
        const request = { host, path, headers, bearer: edge.anyKey };
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
          ...whyTrusted(edge.deployment, host, name),
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
  async run({ edge, evidence }) {
    const { policy } = edge;
    // One path of each kind: they have routers of their own.
    const requests = [
      ...onePathOf(policy, ["anyone"]).map(({ host, path }) => ({ host, path })),
      ...casesFor(policy, ["injected"]).map(({ host, path }) => ({ host, path })),
      ...onePathOf(policy, ["bearer", "litellm"]).map(({ host, path }) => ({ host, path, bearer: edge.anyKey })),
      ...onePathOf(policy, ["login"]).map(({ host, path }) => ({ host, path, headers: edge.session })),
    ];
    if (requests.length === 0) evidence.notSupported("the policy lets no request through");
    await forEachCase(
      "the forwarding headers give the request's scheme and host, and one address of the client",
      await reachedRequests(edge, requests),
      ({ request: { host, path } }) => `${host.name}${path}`,
      async ({ request: { host }, exchange, received }) => {
        const arrived = (name: string): string | undefined => header(received.headers, name);
        const due: [string, string | undefined][] = [
          ["X-Forwarded-Proto", host.scheme],
          ["X-Forwarded-Host", new URL(originOf(edge.deployment, host)).host],
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
          ...(await locationOnTheWay(
            edge,
            exchange,
            new RegExp(`customrequestheaders\\.(?:${wrong.map(([name]) => name).join("|")})$`, "i"),
          )),
        });
      },
    );
  },
});
