import type { Login } from "../../containers/targets/login.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { logIn } from "../../helpers/protocol/oauth/sdk-login.ts";
import { check } from "../runner/check.ts";
import { loggedIn, loginPage } from "./support/browser-session.ts";
import { locationOfService, realLogin } from "./support/login-target.ts";

const foreignHost = "evil.example";

/** Forms in which a careless service takes another host for a path of its own. */
const foreignAddresses = (host: string): string[] => [
  `https://${foreignHost}/`,
  `//${foreignHost}/`,
  `/\\${foreignHost}/`,
  `/\t/${foreignHost}/`,
  `https://${host}.${foreignHost}/`,
  `https://${host}@${foreignHost}/`,
];

check({
  id: "AUTH-07/cookies",
  requirements: ["AUTH-07"],
  title: "the session's cookies are Secure, HttpOnly and SameSite",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const page = loginPage(login, evidence);
    const { cookies } = await loggedIn(login, page);
    const host = new URL(page).hostname;
    const own = cookies.filter((cookie) => cookie.host === host && cookie.value !== "" && cookie.name.startsWith("_"));
    await forEachCase(
      "a cookie has its attributes",
      own,
      ({ name }) => name,
      async ({ name, attributes }) => {
        const sameSite = attributes.get("samesite")?.toLowerCase();
        const missing = [
          ...(attributes.has("secure") ? [] : ["Secure"]),
          ...(attributes.has("httponly") ? [] : ["HttpOnly"]),
          ...(sameSite === "lax" || sameSite === "strict" ? [] : ["SameSite=Lax"]),
        ];
        if (missing.length === 0) return;
        throw new CheckFailure({
          summary: `the cookie ${name} lacks ${missing.join(", ")}`,
          code: "weak-cookie",
          expected: "Secure, HttpOnly, SameSite=Lax or Strict",
          actual: [...attributes.keys()].join("; "),
          cause: "oauth2-proxy's settings of its cookie",
          ...locationOfService(login, login.authorization.proxy),
          fix: "set OAUTH2_PROXY_COOKIE_SECURE=true, OAUTH2_PROXY_COOKIE_HTTPONLY=true and OAUTH2_PROXY_COOKIE_SAMESITE=lax",
        });
      },
    );
  },
});

check({
  id: "AUTH-07/no-open-redirect",
  requirements: ["AUTH-07"],
  title: "the login returns to the gateway only, wherever a link says it should",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const page = loginPage(login, evidence);
    const { origin, hostname } = new URL(page);
    const browser = await loggedIn(login, page);
    const known = [hostname, new URL(login.authorization.issuer).hostname];
    const isForeign = (url: URL): boolean => !known.includes(url.hostname);
    const rds = foreignAddresses(hostname);
    await forEachCase(
      "the browser stays at the gateway",
      [
        ...rds.map((rd) => ({
          what: `start?rd=${rd}`,
          url: `${origin}/oauth2/start?rd=${encodeURIComponent(rd)}`,
          headers: [],
        })),
        ...rds.map((rd) => ({
          what: `sign_out?rd=${rd}`,
          url: `${origin}/oauth2/sign_out?rd=${encodeURIComponent(rd)}`,
          headers: [],
        })),
        {
          what: "X-Auth-Request-Redirect",
          url: `${origin}/oauth2/start`,
          headers: [["X-Auth-Request-Redirect", `https://${foreignHost}/`]] as const,
        },
      ],
      ({ what }) => what,
      async ({ what, url, headers }) => {
        const end = await browser.visit({ url, headers }, isForeign);
        const last = await logInAgain(login, browser, end, isForeign);
        if (!isForeign(new URL(last))) return;
        throw new CheckFailure({
          summary: `${what} leads a browser to ${new URL(last).host} after the login`,
          code: "open-redirect",
          expected: `an address of ${hostname}`,
          actual: last,
          ...(end.exchange === undefined ? {} : { evidence: exchangeEvidence(end.exchange) }),
          cause:
            "whitelist_domains of oauth2-proxy allows that host: a link to the gateway's own login can lead to a copy of it",
          ...locationOfService(login, login.authorization.proxy),
          fix: "name the gateway's own hosts only in OAUTH2_PROXY_WHITELIST_DOMAINS, or remove it",
        });
      },
    );
  },
});

check({
  id: "AUTH-07/state-checked",
  requirements: ["AUTH-07"],
  title: "a callback counts only in the browser that began the login, with the state that it was given",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const page = loginPage(login, evidence);
    const host = new URL(page).hostname;
    const { issuer } = login.authorization;
    const isCallback = (url: URL): boolean => url.hostname === host && url.searchParams.has("code");
    const begin = async () => {
      const browser = login.browser();
      const form = await browser.visit({ url: page });
      const asked = new URL(form.redirects.find((url) => url.startsWith(`${issuer}/`)) ?? form.url);
      const back = await logIn(browser, form, login.person(login.authorization.user), isCallback);
      return { browser, asked, callback: new URL(back.url) };
    };
    const [one, other] = await Promise.all([begin(), begin()]);
    const missing = ["state", "nonce", "code_challenge"].filter((name) => !one.asked.searchParams.has(name));
    if (missing.length > 0)
      throw new CheckFailure({
        summary: `the browser's login asks the provider without ${missing.join(", ")}`,
        code: "no-nonce",
        expected: "state, nonce and code_challenge",
        actual: [...one.asked.searchParams.keys()].join(", "),
        cause: missing.includes("code_challenge")
          ? "oauth2-proxy has no code_challenge_method"
          : "oauth2-proxy sends no nonce by default",
        ...locationOfService(login, login.authorization.proxy),
        fix: "set OAUTH2_PROXY_CODE_CHALLENGE_METHOD=S256 and OAUTH2_PROXY_INSECURE_OIDC_SKIP_NONCE=false",
      });
    const forged = new URL(one.callback);
    forged.searchParams.set("state", `x${forged.searchParams.get("state")}`);
    await forEachCase(
      "the callback is refused",
      [
        { what: "in a browser that began no login", browser: login.browser(), url: one.callback.href },
        { what: "in a browser that began another login", browser: other.browser, url: one.callback.href },
        { what: "with another state", browser: one.browser, url: forged.href },
      ],
      ({ what }) => what,
      async ({ what, browser, url }) => {
        const set = browser.cookies.length;
        const exchange = await browser.request({ url });
        const isSession = browser.cookies
          .slice(set)
          .some(({ name, value }) => /^_oauth2_proxy(?:_\d+)?$/.test(name) && value !== "");
        if (!isSession && (exchange.response?.status ?? 0) >= 400) return;
        throw new CheckFailure({
          summary: `the callback ${what} is accepted: a stranger's login can be slipped into a user's browser`,
          code: "state-not-checked",
          expected: "403",
          actual: `${exchange.response?.status ?? exchange.error}${isSession ? " with a session" : ""}`,
          evidence: exchangeEvidence(exchange),
          ...locationOfService(login, login.authorization.proxy),
        });
      },
    );
  },
});

/** Goes on where a visit ended at the provider's form; the last address. */
async function logInAgain(
  login: Login,
  browser: ReturnType<Login["browser"]>,
  end: Awaited<ReturnType<ReturnType<Login["browser"]>["visit"]>>,
  isForeign: (url: URL) => boolean,
): Promise<string> {
  if (end.exchange === undefined) return end.url;
  return (await logIn(browser, end, login.person(login.authorization.user), isForeign)).url;
}
