import { forEachCase } from "../../helpers/cases.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { header, receivedText, sentText } from "../../helpers/wire/exchange.ts";
import { conformance } from "../conformance.ts";
import { mustRefuse, thoseThatReach } from "./edge-decisions.ts";
import { privatePaths } from "./private-paths.ts";

conformance(["ROUTE-14"], "a refused request is answered with the policy's status and challenge", async ({ edge }) => {
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
        what: `the answer is ${found} ${offered === undefined ? "without" : "with"} WWW-Authenticate`,
        sent: sentText(exchange),
        received: receivedText(exchange),
        likelyCause:
          found === 404
            ? "no router matches, so Traefik answers 404: an MCP client then takes the endpoint for missing and never logs in; a catch-all router of the lowest priority can answer 401"
            : "the router for what is refused answers otherwise than the policy says",
      });
    },
  );
});

conformance(["ROUTE-14"], "a request that gets through is not challenged on the way", async ({ edge }) => {
  const cases = edge.policy.hosts.flatMap((host) => [
    ...edge.policy.publicPaths.map(({ path }) => ({ host, path })),
    ...edge.policy.injectedRoutes.filter(({ hosts }) => hosts.includes(host.name)).map(({ path }) => ({ host, path })),
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
        what: `the answer offers WWW-Authenticate: ${offered}`,
        sent: sentText(exchange),
        received: receivedText(exchange),
        likelyCause:
          "the middleware that challenges is on this router too: it takes the place of LiteLLM's own challenge, which tells an MCP client where to log in",
        place: edge.deployment.litellm.place,
      });
    },
  );
});

conformance(
  ["ROUTE-14"],
  "LiteLLM itself challenges who brings a key that it does not know, and nobody whose key it knows",
  async ({ gateway }) => {
    // MCP's own refusals are CAT-10's.
    const path = "/v1/models";
    const challengeTo = async (bearer: string) => {
      const exchange = await gateway.send({ path, bearer });
      const offered = header(exchange.response?.headers, "www-authenticate");
      return { exchange, status: exchange.response?.status, offered };
    };
    const stranger = await challengeTo("sk-nobody-has-this-key");
    const place = gateway.deployment.litellm.place;
    if (stranger.status !== 401 || stranger.offered === undefined) {
      throw new CheckFailure({
        what: `a key that nobody has is answered ${stranger.status} ${stranger.offered === undefined ? "without" : "with"} WWW-Authenticate`,
        sent: sentText(stranger.exchange),
        received: receivedText(stranger.exchange),
        likelyCause:
          "RFC 9110, 15.5.2: a 401 says how to authenticate; LiteLLM's own auth leaves that out, a custom_auth module can add it",
        place,
      });
    }
    const known = [
      { name: "the master key", bearer: gateway.masterKey },
      ...gateway.policy.injectedRoutes.map(({ secret }) => ({ name: secret, bearer: gateway.secret(secret) })),
    ];
    await forEachCase(
      "a key that LiteLLM knows is not challenged",
      known,
      ({ name }) => name,
      async ({ bearer }) => {
        const { exchange, status, offered } = await challengeTo(bearer);
        if (status !== 401 && offered === undefined) return;
        throw new CheckFailure({
          what: `the answer is ${status} ${offered === undefined ? "without" : "with"} WWW-Authenticate`,
          sent: sentText(exchange),
          received: receivedText(exchange),
          likelyCause: "a client that is told to authenticate tries again with the same key, for ever",
          place,
        });
      },
    );
  },
);
