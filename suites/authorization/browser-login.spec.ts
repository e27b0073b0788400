import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { header } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { loggedIn, loginAddresses, loginPage } from "./support/browser-session.ts";
import { locationOfService, realLogin } from "./support/login-target.ts";

check({
  id: "AUTH-01/sent-to-the-login",
  requirements: ["AUTH-01"],
  title: "a browser without a session is sent to the identity provider from every path that needs a login",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { issuer, proxy } = login.authorization;
    await forEachCase(
      "a browser is sent to the provider",
      loginAddresses(login),
      (url) => url,
      async (url) => {
        const browser = login.browser();
        const exchange = await browser.request({ url });
        const status = exchange.response?.status ?? 0;
        const location = header(exchange.response?.headers, "location");
        const to = location === undefined ? undefined : new URL(location, url);
        const isRedirect = status === 302 || status === 303 || status === 307;
        const asks = (name: string): boolean => (to?.searchParams.get(name) ?? "") !== "";
        if (isRedirect && to?.href.startsWith(`${issuer}/`) && ["client_id", "redirect_uri", "state"].every(asks))
          return;
        // A service of the edge may send the browser on to the provider.
        if (isRedirect && to !== undefined) {
          const end = await browser.visit({ url: to.href });
          if (end.url.startsWith(`${issuer}/`) && end.exchange?.response?.status === 200) return;
        }
        throw new CheckFailure({
          summary: `${url} does not send a browser to the login`,
          code: "no-redirect",
          expected: `302 to ${issuer}`,
          actual: `${status}${location === undefined ? "" : ` to ${location.replace(/\?.*/, "")}`}`,
          evidence: exchangeEvidence(exchange),
          cause:
            status === 401 && location !== undefined
              ? "a browser does not follow the Location of a 401: the errors middleware needs statusRewrites (401: 302)"
              : status === 200
                ? "no forwardAuth middleware is on the router that takes this path"
                : "the forward-auth service answers with a refusal: ask its own address with a login page (/), not /oauth2/auth",
          ...locationOfService(login, proxy),
        });
      },
    );
  },
});

check({
  id: "AUTH-01/returns-to-its-page",
  requirements: ["AUTH-01"],
  title: "after the login the browser is on the page that it asked for, query included",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const asked = `${loginPage(login, evidence)}?gateway-conformance=return`;
    const browser = await loggedIn(login, asked);
    const again = await browser.request({ url: asked });
    const last = login.http.exchanges.findLast(({ request }) => request.url.startsWith(asked.replace(/\?.*/, "")));
    if (
      again.response?.status === 200 &&
      last?.request.url === asked &&
      returnedTo(
        login.http.exchanges.map(({ request }) => request.url),
        asked,
      )
    )
      return;
    throw new CheckFailure({
      summary: "the browser does not return to the page that it asked for",
      code: "other-page",
      expected: asked,
      actual: `${again.response?.status} ${last?.request.url}`,
      evidence: exchangeEvidence(again),
      cause: "oauth2-proxy does not know what was asked for: it needs reverse_proxy, and X-Forwarded-Uri from Traefik",
      ...locationOfService(login, login.authorization.proxy),
      fix: "set OAUTH2_PROXY_REVERSE_PROXY=true",
    });
  },
});

check({
  id: "AUTH-01/real-browser",
  requirements: ["AUTH-01"],
  title: "a person logs in with a real browser, sees the UI, and every asset is served",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const page = loginPage(login, evidence);
    // A login that fails says why; the real browser would wait for a form that never comes.
    await loggedIn(login, page);
    const visit = await login.browse(page, "body");
    if (visit.screenshot !== "") await evidence.keepPicture("page.png", Buffer.from(visit.screenshot, "base64"));
    const host = new URL(page).hostname;
    const isThere = new URL(visit.url).hostname === host;
    const failed = visit.assets.filter(({ url, status, type }) => {
      const isOwn = URL.canParse(url) && new URL(url).hostname === host;
      // A script's questions to the API are LiteLLM's to judge; a request that a new page cancels has no status.
      return isOwn && ["document", "script", "stylesheet", "font", "image"].includes(type) && status >= 400;
    });
    if (isThere && visit.text.trim() !== "" && failed.length === 0) return;
    throw new CheckFailure({
      summary: !isThere
        ? "the browser does not come back from the login"
        : failed.length > 0
          ? `${failed.length} assets of the page are not served to a browser that has logged in`
          : "the page stays empty after the login",
      code: !isThere ? "not-back" : failed.length > 0 ? "assets-not-served" : "empty-page",
      expected: `${page} with text and all of its assets`,
      actual: [visit.url.replace(/\?.*/, ""), ...failed.map(({ status, url }) => `${status} ${url}`)]
        .slice(0, 8)
        .join("\n"),
      evidence: { sent: `a browser opens ${page} and logs in`, received: visit.text.slice(0, 300) },
      cause: !isThere
        ? "the provider or oauth2-proxy refuses the login"
        : "the paths of the page's scripts, styles and pictures are not behind the login's router",
      ...locationOfService(login, login.authorization.proxy),
    });
  },
});

/** Whether a page was asked for before the login and again after the callback. */
function returnedTo(urls: readonly string[], page: string): boolean {
  const callback = urls.findLastIndex((url) => url.includes("/callback"));
  return callback >= 0 && urls.slice(callback + 1).includes(page);
}
