import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { locationOnTheWay } from "../../support/router-locations.ts";
import { expectReached, expectRefused } from "../support/edge-decisions.ts";

/** What a proxy adds for the server behind it: LiteLLM builds its redirects and its log from these. */
const forwardedHeaders = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"] as const;

check({
  id: "ROUTE-09/credential-named-in-connection",
  requirements: ["ROUTE-09"],
  title: "a credential that is named in Connection neither disappears nor bypasses the split",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { anyKey, policy } = edge;
    const withBearer = onePathOf(policy, ["bearer"]);
    const restricted = [...withBearer, ...onePathOf(policy, ["login"]), ...onePathOf(policy, ["nobody"])];
    if (restricted.length === 0)
      evidence.notSupported("the policy restricts nothing at Traefik: there is no split to bypass");
    if (withBearer.length > 0)
      await forEachCase(
        "Authorization, named in Connection, arrives or the request is refused",
        withBearer,
        ({ host }) => host.name,
        async ({ host, path }) => {
          const lines = ["Connection: close, Authorization", `Authorization: Bearer ${anyKey}`];
          const exchange = await edge.sendRaw({ host, path, lines });
          const received = edge.received(exchange);
          if (received === undefined) return;
          const arrived = header(received.headers, "authorization");
          if (arrived === `Bearer ${anyKey}`) return;
          // Where the path is open to callers without a credential, nothing bypasses the split: there is none.
          await expectRefused(edge, await edge.send({ host, path }));
          throw new CheckFailure({
            summary: "the request passes the split with a credential, and LiteLLM does not receive it",
            code: "credential-lost",
            expected: `Authorization: Bearer ${anyKey} at LiteLLM, or a refusal`,
            actual: arrived === undefined ? "no Authorization at LiteLLM" : `Authorization: ${arrived} at LiteLLM`,
            evidence: exchangeEvidence(exchange),
            cause: "Traefik drops what Connection names after its routers have matched the request",
            location: edge.deployment.traefik.location,
          });
        },
      );
    await forEachCase(
      "naming a header in Connection gives no access",
      restricted,
      ({ host, path }) => `${host.name}${path}`,
      async ({ host, path }) => {
        const lines = ["Connection: close, Authorization, X-Forwarded-For, Host"];
        await expectRefused(edge, await edge.sendRaw({ host, path, lines }));
      },
    );
  },
});

check({
  id: "ROUTE-09/forwarded-headers-named-in-connection",
  requirements: ["ROUTE-09"],
  title: "what Traefik reports to LiteLLM about the client cannot be dropped through Connection",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const reachable = onePathOf(edge.policy, ["bearer", "litellm", "login", "anyone"]);
    if (reachable.length === 0) evidence.notSupported("the policy lets no request through");
    const cases = reachable.flatMap((one) => forwardedHeaders.map((name) => ({ ...one, name })));
    await forEachCase(
      "a forwarding header arrives although Connection names it",
      cases,
      ({ host, name }) => `${name} (${host.name})`,
      async ({ host, path, name }) => {
        const session = edge.session.map((line) => line.join(": "));
        const lines = [`Connection: close, ${name}`, `Authorization: Bearer ${edge.anyKey}`, ...session];
        const exchange = await edge.sendRaw({ host, path, lines });
        const received = await expectReached(edge, exchange);
        if (header(received.headers, name) !== undefined) return;
        throw new CheckFailure({
          summary: `LiteLLM receives no ${name}`,
          code: "header-dropped",
          expected: `${name} at LiteLLM`,
          actual: `no ${name}`,
          evidence: exchangeEvidence(exchange),
          cause:
            "versions of Traefik before 2.11.9 and 3.1.3 let a client drop its forwarding headers (CVE-2024-45410), or a middleware drops it",
          ...(await locationOnTheWay(edge, exchange, new RegExp(`customrequestheaders\\.${name}$`, "i"))),
          fix: "run Traefik 2.11.9, or 3.1.3 or newer; where a middleware names the header under customRequestHeaders, remove it there",
        });
      },
    );
  },
});
