import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { whyRefusedByMiddleware } from "../../../helpers/checks/routing-causes.ts";
import { header, receivedText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { casesFor, hostsWith, onePathOf } from "../../support/access-cases.ts";
import { answerFrom } from "../../support/answers.ts";
import { locationOnTheWay } from "../../support/router-locations.ts";
import { expectReached } from "../support/edge-decisions.ts";
import { expectNoShortTimeout } from "../support/stream-timeouts.ts";

/** Who lets a request with a key through. */
const withKey = ["bearer", "litellm"] as const;
const noKeys = "no host of the policy takes keys: what it does not open needs a login, or is for nobody";

check({
  id: "ROUTE-05/private-paths-with-key",
  requirements: ["ROUTE-05"],
  title: "with a Bearer credential every private path reaches LiteLLM, with the header unchanged",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const key = edge.anyKey;
    if (hostsWith(edge.policy, ...withKey).length === 0) evidence.notSupported(noKeys);
    const cases = casesFor(edge.policy, withKey, { methods: ["GET", "POST", "DELETE"] });
    await forEachCase(
      "a request with a key reaches LiteLLM unchanged",
      cases,
      ({ host, path, method }) => `${method} ${host.name}${path}`,
      async ({ decision: _, ...request }) => {
        const exchange = await edge.send({ ...request, bearer: key });
        const received = await expectReached(edge, exchange);
        const arrived = received.headers
          .filter(([name]) => name.toLowerCase() === "authorization")
          .map(([, value]) => value);
        if (arrived.length === 1 && arrived[0] === `Bearer ${key}` && received.target === request.path) return;
        throw new CheckFailure({
          summary: `${request.method} ${request.path} arrived changed`,
          code: "changed",
          expected: `target ${request.path}, Authorization ${JSON.stringify([`Bearer ${key}`])}`,
          actual: `target ${received.target}, Authorization ${JSON.stringify(arrived)}`,
          evidence: exchangeEvidence(exchange),
          cause: "a middleware on the router for keys rewrites the path or the Authorization header",
          ...(await locationOnTheWay(edge, exchange, /customrequestheaders|path|prefix/i)),
        });
      },
    );
  },
});

check({
  id: "ROUTE-05/unusual-keys",
  requirements: ["ROUTE-05"],
  title: "an unusual key arrives as it was sent, or not at all",
  needs: ["edge"],
  async run({ edge, evidence }) {
    if (hostsWith(edge.policy, ...withKey).length === 0) evidence.notSupported(noKeys);
    const tokens = [
      { name: "a very long key", token: `sk-${"k".repeat(7_000)}` },
      { name: "a token with every character that one may have", token: "sk-AZaz09-._~+/==" },
      { name: "characters beyond ASCII", token: "sk-schl\u00fcssel" },
    ];
    await forEachCase(
      "an unusual key arrives unchanged",
      onePathOf(edge.policy, withKey).flatMap(({ host, path }) => tokens.map((one) => ({ host, path, ...one }))),
      ({ host, name }) => `${name} (${host.name})`,
      async ({ host, path, name, token }) => {
        const exchange = await edge.sendRaw({ host, path, lines: [`Authorization: Bearer ${token}`] });
        const received = edge.received(exchange);
        // What is not a token68 (RFC 9110 §11.2) may be refused; what is one has to arrive.
        if (received === undefined && name.startsWith("characters beyond")) return;
        if (received === undefined) {
          expectNoShortTimeout(edge.deployment, exchange);
          // Control: where a usual key does not get through either, the token is not why.
          await expectReached(edge, await edge.send({ host, path, bearer: edge.anyKey }));
        }
        const arrived = received && header(received.headers, "authorization");
        // The target decodes bytes as UTF-8 where it can, so beyond ASCII only the header's presence is compared.
        if (arrived === `Bearer ${token}` || (arrived !== undefined && !/^[ -~]*$/.test(token))) return;
        throw new CheckFailure({
          summary: received === undefined ? "the key does not get through" : "the key arrives changed",
          code: received === undefined ? "not-reached" : "changed",
          expected: `Authorization: Bearer with a token of ${token.length} characters at LiteLLM`,
          actual:
            received === undefined
              ? answerFrom("Traefik", exchange)
              : `Authorization: ${arrived?.slice(0, 80) ?? "(missing)"}`,
          evidence: {
            sent: `Authorization: Bearer ${token.slice(0, 40)}… (${token.length} characters)`,
            received: arrived?.slice(0, 80) ?? receivedText(exchange),
            exchanges: [exchange.id],
          },
          cause:
            "the rule's regular expression allows fewer characters than a token may have, or a limit cuts the token",
          ...(await locationOnTheWay(edge, exchange, /customrequestheaders/i)),
          // A limit on how many requests are sent has nothing to do with the key.
          ...(exchange.response?.status === 429
            ? whyRefusedByMiddleware(edge.deployment, await edge.routing(exchange))
            : undefined),
        });
      },
    );
  },
});
