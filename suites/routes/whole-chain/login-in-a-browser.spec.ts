import { randomBytes } from "node:crypto";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { managementApi } from "../../support/management-api.ts";
import { operatorLogin } from "../../support/operator-login.ts";
import { uiForVisitors } from "../support/ui-visitors.ts";

/** Where a user types a password: part of the login form in every version. */
const loginForm = "input[type=password]";

check({
  id: "ROUTE-16/login",
  requirements: ["ROUTE-16"],
  title: "the operator logs in in a real browser, and finds a key by its alias and never by its value",
  needs: ["gateway", "browser"],
  async run({ gateway, evidence }) {
    const url = uiForVisitors(gateway, evidence);
    const { user, password } = operatorLogin(gateway, evidence);
    const api = await managementApi(gateway, evidence);
    // The page lists the newest keys first, and shortens an alias of more than 20 characters.
    const alias = `conf-${randomBytes(6).toString("hex")}`;
    const { key } = await api.createKey({ key_alias: alias });
    const { location } = gateway.deployment.litellm;
    const after = `text="${alias}"`;
    const visit = await gateway.browse(url, loginForm, { user, password, link: 'text="Virtual Keys"', after });
    const { screenshot: _, assets, ...shown } = visit;
    await evidence.keep("login.json", JSON.stringify({ ...shown, assets: assets.length }, null, 2));
    // On a busy machine the list may come after the wait for it, and still before the text is taken.
    const isListed = visit.seen || visit.text.includes(alias);
    const seen = visit.text.includes(key) ? "its value" : isListed ? "its alias" : "no key of that alias";
    if (seen === "its alias") return;
    throw new CheckFailure({
      summary:
        seen === "its value" ? "the page of keys shows a key's value" : "the operator does not get to the page of keys",
      code: seen === "its value" ? "value-shown" : "no-keys-page",
      expected: `the page of keys, with ${alias}`,
      actual: `${seen}, on the page ${visit.url}`,
      cause:
        seen === "its value"
          ? "this version of the UI shows values"
          : "the login is refused, or a path that the UI needs after the login is closed",
      location,
      evidence: {
        sent: `a browser opens ${url}, logs in as ${user}, and opens the page of keys`,
        received: visit.text.trim().slice(0, 400) || "(no text)",
      },
    });
  },
});
