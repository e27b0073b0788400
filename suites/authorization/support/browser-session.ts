import type { Login } from "../../../containers/targets/login.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { decide } from "../../../helpers/deployment/policy/access.ts";
import type { PolicyHost } from "../../../helpers/deployment/types.ts";
import { type HeadlessBrowser, textOfPage } from "../../../helpers/protocol/oauth/headless-browser.ts";
import { logIn } from "../../../helpers/protocol/oauth/sdk-login.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { casesFor } from "../../support/access-cases.ts";
import { locationOfService } from "./login-target.ts";
import { causeOfRefusedRedirect } from "./refused-redirect.ts";

/** Pages that LiteLLM serves to anyone whom the edge lets through, the best known first. */
const pages = ["/ui/", "/docs", "/openapi.json", "/health/liveliness"];

/** A page that a person gets after a login; ends the check where no host has one behind the real login. */
export function loginPage(login: Login, evidence: Evidence): string {
  return pageBehindLogin(login) ?? evidence.notSupported(`no page is behind the login: ${pages.join(", ")}`);
}

/** A page that a person gets after a login; undefined where no host has one behind the real login. */
export function pageBehindLogin(login: Login): string | undefined {
  for (const host of login.policy.hosts)
    for (const path of pages) if (isBehindLogin(login, host, path)) return addressOf(host, path);
  return undefined;
}

/** Every address behind the real login that the policy's rules tell apart. */
export function loginAddresses(login: Login): string[] {
  const cases = casesFor(login.policy, ["login"]);
  return cases.flatMap(({ host, path }) => (isBehindLogin(login, host, path) ? [addressOf(host, path)] : []));
}

function isBehindLogin({ policy, authorization }: Login, host: PolicyHost, path: string): boolean {
  const decision = decide(policy, host, { method: "GET", path });
  return decision.who === "login" && decision.rule.service === authorization.proxy;
}

function addressOf({ scheme, name }: PolicyHost, path: string): string {
  return `${scheme}://${name}${path}`;
}

/**
 * A browser in which the policy's user has logged in, on the page.
 *
 * @throws {CheckFailure} when it does not get there
 */
export async function loggedIn(login: Login, page: string): Promise<HeadlessBrowser> {
  const browser = login.browser();
  const form = await browser.visit({ url: page });
  const end = await logIn(browser, form, login.person(login.authorization.user));
  if (end.exchange?.response?.status === 200 && new URL(end.url).host === new URL(page).host) return browser;
  throw new CheckFailure({
    summary: `a browser does not get to ${page} by the login`,
    code: "not-logged-in",
    expected: `${page} after the login`,
    actual: `${end.url.replace(/\?.*/, "")}: ${textOfPage(end)}`,
    ...(end.exchange === undefined ? {} : { evidence: exchangeEvidence(end.exchange) }),
    cause:
      form.exchange?.response?.status === 401
        ? "the edge answers 401 and no redirect: a browser shows an error page"
        : new URL(end.url).host === new URL(login.authorization.issuer).host
          ? "the provider does not let the user through"
          : "oauth2-proxy does not accept what the provider returns (client, secret, audience, issuer or redirect URI)",
    ...locationOfService(login, login.authorization.proxy),
    ...causeOfRefusedRedirect(login.deployment.compose.services.get(login.authorization.proxy ?? ""), textOfPage(end)),
  });
}
