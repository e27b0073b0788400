import type { Login } from "../../containers/targets/login.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { middlewaresOf } from "../../helpers/deployment/traefik/causes.ts";
import { withTraefik } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { forgedTokens, unknownKeyToken } from "../../helpers/protocol/oauth/json-web-token.ts";
import { check } from "../runner/check.ts";
import { loginAddresses } from "./support/browser-session.ts";
import {
  initialize,
  locationOfService,
  locationOfTokenJudge,
  mcpScope,
  realLogin,
  tokensOf,
} from "./support/login-target.ts";

check({
  id: "AUTH-02/login-service-down",
  requirements: ["AUTH-02"],
  title: "no page behind the login is served while the login service is down",
  needs: ["login"],
  alone: true,
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { proxy } = login.authorization;
    const pages = loginAddresses(login);
    const first = pages[0] ?? evidence.notSupported("no page is behind the login");
    await login.without(
      proxy,
      () => ({ url: first, below: 500 }),
      () =>
        forEachCase(
          `${proxy} is down, and the page is not served`,
          pages,
          (page) => page,
          async (page) => {
            const exchange = await login.send({ method: "GET", url: page });
            const status = exchange.response?.status;
            if (status === undefined || status >= 300) return;
            throw new CheckFailure({
              summary: `${page} is served to anyone while ${proxy} is down`,
              code: "open-without-login",
              expected: "a refusal or an error",
              actual: `${status}`,
              evidence: exchangeEvidence(exchange),
              ...(await whyServed(login, exchange)),
            });
          },
        ),
    );
  },
});

check({
  id: "AUTH-05/provider-down",
  requirements: ["AUTH-05"],
  title: "a token that can't be verified is refused while the identity provider is down",
  needs: ["login"],
  alone: true,
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { client, provider } = login.authorization;
    const { access } = await tokensOf(login, client.id, mcpScope(login));
    const forged = [
      { name: "a token under a key that the provider does not have", token: unknownKeyToken(access) },
      ...forgedTokens(access).map(({ name, token }) => ({ name: `a token ${name}`, token })),
    ];
    await login.without(
      provider,
      () => ({ url: login.providerUrl(`${login.realm}/.well-known/openid-configuration`), below: 400 }),
      () =>
        forEachCase(
          `${provider} is down, and the gateway refuses it`,
          forged,
          ({ name }) => name,
          async ({ name, token }) => {
            const exchange = await initialize(login, token);
            const status = exchange.response?.status;
            if (status === undefined || status >= 400) return;
            throw new CheckFailure({
              summary: `${name} is accepted while ${provider} is down`,
              code: "open-without-provider",
              expected: "401, or an error of the server",
              actual: `${status}`,
              evidence: exchangeEvidence(exchange),
              cause: "a token counts as valid where the provider's keys can't be read",
              ...locationOfTokenJudge(login),
              fix: "refuse every token whose signature can't be verified (503 while the keys can't be read)",
            });
          },
        ),
    );
  },
});

/** Why Traefik serves a page although nobody can judge the request. */
async function whyServed(
  login: Login,
  exchange: Exchange,
): Promise<Pick<FailureDetails, "cause" | "location" | "fix">> {
  const { traefikModel } = withTraefik(login.deployment);
  const { router } = await login.routing(exchange);
  const taken = router === undefined ? undefined : traefikModel.routerOf(router);
  const page = taken && middlewaresOf(traefikModel, taken).find(({ kind }) => kind === "errors");
  if (page !== undefined)
    return {
      cause: `the middleware ${page.name} answers in the place of the error, and asks nobody`,
      location: page.location,
      fix: "take it off the router, or remove its statusRewrites and have it ask a service that serves error pages only",
    };
  return {
    cause: "the page does not depend on the login service's answer",
    ...locationOfService(login, login.authorization.proxy),
    fix: "answer with an error while the login service can't be asked",
  };
}
