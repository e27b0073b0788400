import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { mustHaveReached, mustHaveRefused } from "../support/edge-decisions.ts";

/** What a proxy adds for the server behind it: LiteLLM builds its redirects and its log from these. */
const forwarded = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"] as const;

check({
  id: "ROUTE-09/credential-named-in-connection",
  requirements: ["ROUTE-09"],
  title: "a credential that is named in Connection neither disappears nor bypasses the split",
  needs: ["edge"],
  async run({ edge }) {
    const path = "/v1/models";
    const { anyKey } = edge;
    await forEachCase(
      "Authorization, named in Connection, arrives or the request is refused",
      edge.policy.hosts,
      ({ name }) => name,
      async (host) => {
        const lines = ["Connection: close, Authorization", `Authorization: Bearer ${anyKey}`];
        const exchange = await edge.sendRaw({ host, path, lines });
        const received = edge.received(exchange);
        if (received === undefined || header(received.headers, "authorization") === `Bearer ${anyKey}`) return;
        throw new CheckFailure({
          summary: "the request passes the split with a credential, and LiteLLM receives none",
          evidence: exchangeEvidence(exchange),

          cause: "Traefik drops what Connection names after its routers have looked at it",
        });
      },
    );
    await forEachCase(
      "naming a header in Connection opens nothing",
      edge.policy.hosts,
      ({ name }) => name,
      async (host) => {
        const lines = ["Connection: close, Authorization, X-Forwarded-For, Host"];
        await mustHaveRefused(edge, await edge.sendRaw({ host, path, lines }));
      },
    );
  },
});

check({
  id: "ROUTE-09/forwarded-headers-named-in-connection",
  requirements: ["ROUTE-09"],
  title: "what Traefik reports to LiteLLM about the client cannot be dropped through Connection",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) => forwarded.map((name) => ({ host, name })));
    await forEachCase(
      "a forwarding header arrives although Connection names it",
      cases,
      ({ host, name }) => `${name} (${host.name})`,
      async ({ host, name }) => {
        const exchange = await edge.sendRaw({
          host,
          path: "/v1/models",
          lines: [`Connection: close, ${name}`, `Authorization: Bearer ${edge.anyKey}`],
        });
        const received = await mustHaveReached(edge, exchange);
        if (header(received.headers, name) !== undefined) return;
        throw new CheckFailure({
          summary: `LiteLLM receives no ${name}`,
          evidence: exchangeEvidence(exchange),

          cause: "this Traefik lets a client drop its forwarding headers (CVE-2024-45410)",
        });
      },
    );
  },
});
