import type { Login } from "../../containers/targets/login.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { until } from "../../helpers/core/deadlines.ts";
import { type Exchange, header } from "../../helpers/protocol/exchange.ts";
import type { IssuedTokens } from "../../helpers/protocol/oauth/code-flow.ts";
import { keyIdOf, readClaims } from "../../helpers/protocol/oauth/json-web-token.ts";
import { check } from "../runner/check.ts";
import { type Administrator, administratorOf } from "./support/administrator.ts";
import { loggedIn, pageBehindLogin } from "./support/browser-session.ts";
import {
  expectAccepted,
  initialize,
  locationOfTokenJudge,
  longestWait,
  mcpScope,
  realLogin,
  tokensOf,
} from "./support/login-target.ts";

/** Between two questions whether the new key is known, in milliseconds. */
const askEvery = 1000;

check({
  id: "AUTH-04/keys-rotated",
  requirements: ["AUTH-04"],
  title: "clients and browsers log in after the provider has rotated its keys, and tokens of before stay valid",
  needs: ["login"],
  alone: true,
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const administrator =
      (await administratorOf(login)) ??
      evidence.notSupported("the policy names no 'admin' who could rotate the provider's keys");
    const before = await newTokens(login);
    // The gateway has read the provider's keys before they change.
    await expectAccepted(login, before.access);
    await using _key = await addSigningKey(login, administrator);
    const after = await newTokens(login);
    if (keyIdOf(after.access) === keyIdOf(before.access))
      throw new Error(`Keycloak signs with ${keyIdOf(after.access)} although the realm has a key of higher priority`);
    const old = await initialize(login, before.access);
    if (old.response?.status !== 200)
      throw new CheckFailure({
        summary: "a token that the provider issued before it rotated its keys is refused",
        code: "old-key-refused",
        expected: "200: the provider still publishes the old key",
        actual: `${old.response?.status ?? old.error}`,
        evidence: exchangeEvidence(old),
        cause: "only one key of the provider is read",
        ...locationOfTokenJudge(login),
        fix: "choose the key by the token's key id (kid) among all that the provider publishes",
      });
    await expectAcceptedSoon(login, after);
    const page = pageBehindLogin(login);
    // The last attempt names the cause where no earlier one succeeded.
    if (page !== undefined)
      await until("a browser logs in", longestWait * 1000, () => loggedIn(login, page)).catch(() =>
        loggedIn(login, page),
      );
  },
});

/** Waits until a token under the new key is accepted: a verifier may keep the old keys for a while. */
async function expectAcceptedSoon(login: Login, first: IssuedTokens): Promise<void> {
  let tokens = first;
  let last: Exchange | undefined;
  let next = 0;
  const accepted = await until("a token under the new key is accepted", longestWait * 1000, async () => {
    if (performance.now() < next) return undefined;
    next = performance.now() + askEvery;
    // A short-lived token would otherwise be refused for its age.
    if (((readClaims(tokens.access)?.exp ?? 0) - 5) * 1000 < Date.now()) tokens = await newTokens(login);
    last = await initialize(login, tokens.access);
    return last.response?.status === 200 ? true : undefined;
  }).catch(() => false);
  if (accepted) return;
  throw new CheckFailure({
    summary: `${longestWait} s after the provider has rotated its keys, a token under the new key is refused`,
    code: "new-key-refused",
    expected: `200 within ${longestWait} s`,
    actual: `${last?.response?.status ?? last?.error}`,
    ...(last === undefined ? {} : { evidence: exchangeEvidence(last) }),
    cause: "the provider's keys are kept, and not read again when a token names a key that is not among them",
    ...locationOfTokenJudge(login),
    fix: `read the keys again for an unknown key id (PyJWKClient: cooldown_duration of at most ${longestWait} s)`,
  });
}

async function newTokens(login: Login): Promise<IssuedTokens> {
  return await tokensOf(login, login.authorization.client.id, mcpScope(login));
}

/** Gives the realm a key that it signs with from now on; removed at the end. */
async function addSigningKey(login: Login, { send }: Administrator): Promise<AsyncDisposable> {
  const added = await send("POST", "/components", {
    name: "rotated",
    providerId: "rsa-generated",
    providerType: "org.keycloak.keys.KeyProvider",
    config: { priority: ["1000"], enabled: ["true"], active: ["true"], algorithm: ["RS256"], keySize: ["2048"] },
  });
  const id = header(added.response?.headers, "location")?.split("/").at(-1);
  if (added.response?.status !== 201 || id === undefined)
    throw new Error(`Keycloak adds no key: ${added.response?.status ?? added.error}`);
  return {
    async [Symbol.asyncDispose]() {
      // An administrator's token lives for a minute: the first one may be over.
      const removed = await (await administratorOf(login))?.send("DELETE", `/components/${id}`);
      if (removed?.response?.status !== 204)
        throw new Error(`Keycloak does not remove the key: ${removed?.response?.status ?? removed?.error}`);
    },
  };
}
