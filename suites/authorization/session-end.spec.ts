import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Login } from "../../containers/targets/login.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { until } from "../../helpers/core/deadlines.ts";
import type { SourceLocation } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { listTools } from "../../helpers/protocol/mcp.ts";
import { requestTokens } from "../../helpers/protocol/oauth/code-flow.ts";
import { readClaims } from "../../helpers/protocol/oauth/json-web-token.ts";
import { check } from "../runner/check.ts";
import type { Evidence } from "../runner/evidence.ts";
import { administratorOf } from "./support/administrator.ts";
import { loggedIn, loginPage } from "./support/browser-session.ts";
import {
  endpointsOf,
  locationOfService,
  loginFailure,
  longestWait,
  mcpScope,
  realLogin,
  tokensOf,
} from "./support/login-target.ts";

/** Between two questions whether a session is over, in milliseconds. */
const askEvery = 500;

check({
  id: "AUTH-06/token-stays-at-the-gateway",
  requirements: ["AUTH-06"],
  title: "no upstream gets the user's token",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const upstreams = login.recordingUpstreams;
    if (upstreams.length === 0)
      evidence.notSupported("no upstream of the run records what it gets: one with stand_in: true does");
    const { id } = login.authorization.client;
    const client = await login
      .client(id)
      .connect()
      .catch((error: unknown) => {
        throw loginFailure(login, id, error);
      });
    // An upstream that gets the token in the place of its own credential refuses it: what it got is judged first.
    const failed = await useOneTool(client).catch((error: unknown) => ({ error }));
    const logs = await Promise.all(upstreams.map(async (name) => ({ name, log: await login.standInLog(name) })));
    if (logs.every(({ log }) => !/^(?:POST|GET) /m.test(log)))
      throw new CheckFailure({
        summary: "LiteLLM has asked no upstream, so that nothing is proved",
        code: "no-request",
        expected: "a request to an upstream",
        actual: "none",
        ...locationOfService(login, login.policy.services.litellm),
      });
    await forEachCase(
      "an upstream does not get the user's token",
      logs,
      ({ name }) => name,
      async ({ name, log }) => {
        const header = /the header (\S+) carries a JSON Web Token/.exec(log)?.[1];
        if (header === undefined) return;
        throw new CheckFailure({
          summary: `${name} gets the user's token in ${header}`,
          code: "token-passed-on",
          expected: "LiteLLM's own credential, or none",
          actual: `${header}: a JSON Web Token`,
          cause:
            "LiteLLM passes the caller's Authorization on (extra_headers; 1.106.2 does not): the upstream can use it at the gateway",
          location: forwardingLine(login, name),
          fix: "remove authorization from the server's extra_headers, and give the upstream a credential of its own",
        });
      },
    );
    if (failed !== undefined) throw loginFailure(login, id, failed.error);
  },
});

check({
  id: "AUTH-06/browser-session-ends",
  requirements: ["AUTH-06"],
  title: "a browser's session is over in the stated time once the provider has ended it",
  needs: ["login"],
  slow: true,
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { sessionSeconds, proxy } = login.authorization;
    if (sessionSeconds > longestWait)
      evidence.notSupported(
        `a session may outlive its end by ${sessionSeconds} s: a run waits for at most ${longestWait} s`,
      );
    const page = loginPage(login, evidence);
    const browser = await loggedIn(login, page);
    const identity = browser.cookies.findLast(({ name }) => name === "KEYCLOAK_IDENTITY")?.value ?? "";
    await endSession(login, evidence, readClaims(identity)?.sid);
    const deadline = sessionSeconds * 1000;
    let last: Exchange | undefined;
    let next = 0;
    const ended = await until("the session is over", deadline, async () => {
      if (performance.now() < next) return undefined;
      next = performance.now() + askEvery;
      last = await browser.request({ url: page });
      return last.response?.status === 200 ? undefined : last;
    }).catch(() => undefined);
    if (ended !== undefined) return;
    throw new CheckFailure({
      summary: `${sessionSeconds} s after the provider has ended the session, the browser still gets the page`,
      code: "session-outlives-logout",
      expected: `a refusal within ${sessionSeconds} s`,
      actual: `${last?.response?.status}`,
      ...(last === undefined ? {} : { evidence: exchangeEvidence(last) }),
      cause: "oauth2-proxy asks the provider only when it refreshes its session, and it does not do so in that time",
      ...locationOfService(login, proxy),
      fix: "set OAUTH2_PROXY_COOKIE_REFRESH (--cookie-refresh) to at most that time",
    });
  },
});

check({
  id: "AUTH-06/refresh-tokens-end",
  requirements: ["AUTH-06"],
  title: "a refresh token is worth nothing once it was used, revoked, or its session was ended",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { client, admin } = login.authorization;
    const used = await tokensOf(login, client.id, mcpScope(login));
    const first = await refresh(login, used.refresh);
    if (first.response?.status !== 200)
      throw new CheckFailure({
        summary: "a fresh refresh token is refused",
        code: "refresh-refused",
        expected: "200",
        actual: `${first.response?.status ?? first.error}`,
        evidence: exchangeEvidence(first),
        ...locationOfService(login, login.authorization.provider),
      });
    await expectOver(
      login,
      "that was used before",
      used.refresh,
      "the realm does not rotate refresh tokens (RFC 9700, 2.2.2)",
      "set revokeRefreshToken and refreshTokenMaxReuse: 0 in the realm",
    );
    const revoked = await tokensOf(login, client.id, mcpScope(login));
    await login.send({
      method: "POST",
      url: endpointsOf(login).revocationEndpoint,
      headers: [["Content-Type", "application/x-www-form-urlencoded"]],
      body: new URLSearchParams({
        client_id: client.id,
        token: revoked.refresh ?? "",
        token_type_hint: "refresh_token",
      }).toString(),
    });
    await expectOver(
      login,
      "that was revoked",
      revoked.refresh,
      "the provider's revocation endpoint is not reached",
      "route …/protocol/openid-connect/revoke to the provider",
    );
    if (admin === undefined) {
      evidence.finding("The end of a session by an administrator is not proved: the policy names no 'admin'.");
      return;
    }
    const ended = await tokensOf(login, client.id, mcpScope(login));
    await endSession(login, evidence, readClaims(ended.access)?.sid);
    await expectOver(
      login,
      "of an ended session",
      ended.refresh,
      "it outlives the session (offline_access)",
      "do not give MCP clients offline_access",
    );
  },
});

/** Lists the tools and calls the first. */
async function useOneTool(client: Client): Promise<undefined> {
  try {
    const [tool] = await listTools(client);
    if (tool !== undefined) await client.callTool({ name: tool.name, arguments: {} });
    return undefined;
  } finally {
    await client.close();
  }
}

/** The line of LiteLLM's config that has a server get headers of the caller. */
function forwardingLine({ deployment: { litellm, litellmConfig } }: Login, server: string): SourceLocation {
  const { texts, upstreams } = litellmConfig;
  const forwarded = texts.find(
    ({ path, value }) =>
      path.slice(0, 3).join("\n") === ["mcp_servers", server, "extra_headers"].join("\n") &&
      value.value.toLowerCase() === "authorization",
  );
  return forwarded?.value.location ?? upstreams.find(({ name }) => name === server)?.location ?? litellm.location;
}

async function refresh(login: Login, token: string | undefined): Promise<Exchange> {
  const { exchange } = await requestTokens((request) => login.send(request), endpointsOf(login).tokenEndpoint, {
    grant_type: "refresh_token",
    client_id: login.authorization.client.id,
    refresh_token: token ?? "",
  });
  return exchange;
}

async function expectOver(
  login: Login,
  which: string,
  token: string | undefined,
  cause: string,
  fix: string,
): Promise<void> {
  const exchange = await refresh(login, token);
  if (exchange.response?.status === 400) return;
  throw new CheckFailure({
    summary: `a refresh token ${which} is still good`,
    code: "refresh-token-lives",
    expected: "400 invalid_grant",
    actual: `${exchange.response?.status ?? exchange.error}`,
    evidence: exchangeEvidence(exchange),
    cause,
    ...locationOfService(login, login.authorization.provider),
    fix,
  });
}

/** Ends one session at the provider, as an administrator does; other checks have sessions of the same user. */
async function endSession(login: Login, evidence: Evidence, sid: string | undefined): Promise<void> {
  const administrator = await administratorOf(login);
  if (administrator === undefined) evidence.notSupported("the policy names no 'admin' who could end a session");
  const ended = await administrator.send("DELETE", `/sessions/${sid}`);
  if (ended.response?.status !== 204)
    throw new Error(`Keycloak does not end the session ${sid}: ${ended.response?.status ?? ended.error}`);
}
