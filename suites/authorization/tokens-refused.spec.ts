import type { Login } from "../../containers/targets/login.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { until } from "../../helpers/core/deadlines.ts";
import { forgedTokens, readClaims } from "../../helpers/protocol/oauth/json-web-token.ts";
import { check } from "../runner/check.ts";
import { everyoneAdmitted } from "../support/any-key.ts";
import { administratorOf } from "./support/administrator.ts";
import {
  expectAccepted,
  initialize,
  locationOfService,
  longestWait,
  mcpScope,
  realLogin,
  tokensOf,
} from "./support/login-target.ts";

/** A credential that is not an access token for this gateway. */
interface Wrong {
  name: string;
  token: string | undefined;
  unchecked: string;
}

check({
  id: "AUTH-05/wrong-tokens-refused",
  requirements: ["AUTH-05"],
  title: "only the realm's access token for this gateway is accepted; every other is answered with 401",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { client } = login.authorization;
    const right = await tokensOf(login, client.id, `openid ${mcpScope(login)}`);
    await expectAccepted(login, right.access);
    const cases: Wrong[] = [
      { name: "no token", token: undefined, unchecked: "whether there is a credential" },
      { name: "something that is not a token", token: "not-a-token", unchecked: "the token's form" },
      { name: "the ID token", token: right.id ?? "", unchecked: "the audience: an ID token's is the client" },
      { name: "the refresh token", token: right.refresh ?? "", unchecked: "the signature or the audience" },
      ...forgedTokens(right.access).map(({ name, ...one }) => ({ name: `a token ${name}`, ...one })),
      ...(await ofOthers(login)),
    ].filter(({ token }) => token !== "");
    await forEachCase(
      "the gateway refuses it with 401",
      cases,
      ({ name }) => name,
      async ({ name, token, unchecked }) => {
        const exchange = await initialize(login, token);
        const status = exchange.response?.status;
        if (status === 401) return;
        const isServerError = (status ?? 500) >= 500;
        throw new CheckFailure({
          summary: `${name} is answered with ${status ?? exchange.error}`,
          code: isServerError ? "server-error" : "accepted",
          expected: "401",
          actual: `${status ?? exchange.error}`,
          evidence: exchangeEvidence(exchange),
          cause: isServerError
            ? "LiteLLM fails at a credential that it can't judge, and no client then asks its user to log in (1.77.1 does so for MCP)"
            : `the gateway does not check ${unchecked}`,
          ...locationOfService(login, login.policy.services.litellm),
          fix: isServerError
            ? "judge tokens in front of LiteLLM (forwardAuth), or use a version that answers 401"
            : "verify signature, algorithm, issuer, audience and expiry of every token",
          ...everyoneAdmitted(login, status),
        });
      },
    );
  },
});

check({
  id: "AUTH-05/expired-token-refused",
  requirements: ["AUTH-05"],
  title: "an access token is refused once it has expired",
  needs: ["login"],
  slow: true,
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { client, accessTokenSeconds } = login.authorization;
    if (accessTokenSeconds > longestWait)
      evidence.notSupported(`access tokens live ${accessTokenSeconds} s: a run waits for at most ${longestWait} s`);
    const { access } = await tokensOf(login, client.id, mcpScope(login));
    // A token that is refused from the start says nothing of its expiry.
    await expectAccepted(login, access);
    const end = (readClaims(access)?.exp ?? 0) * 1000;
    await until("the token has expired", (accessTokenSeconds + 10) * 1000, async () =>
      Date.now() > end + 1000 ? true : undefined,
    );
    const after = await initialize(login, access);
    if (after.response?.status === 401) return;
    throw new CheckFailure({
      summary: "an expired token is not refused with 401",
      code: "expired-accepted",
      expected: "200 before, 401 after",
      actual: `200 before, ${after.response?.status ?? after.error} after`,
      evidence: exchangeEvidence(after),
      cause: "the gateway does not check when a token expires, or keeps its judgement for longer",
      ...locationOfService(login, login.policy.services.litellm),
    });
  },
});

/** Valid tokens of the same provider for someone else. */
async function ofOthers(login: Login): Promise<Wrong[]> {
  const { foreignClient } = login.authorization;
  const foreign: Wrong[] =
    foreignClient === undefined
      ? []
      : [
          {
            name: `a token of ${foreignClient}`,
            token: (await tokensOf(login, foreignClient, "openid")).access,
            unchecked: "the audience",
          },
        ];
  const other = (await administratorOf(login))?.token;
  return [
    ...foreign,
    ...(other === undefined
      ? []
      : [{ name: "a token of another realm", token: other, unchecked: "the issuer and the keys" }]),
  ];
}
