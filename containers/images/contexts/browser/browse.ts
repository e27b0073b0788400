/**
 * Opens a page in Chromium and writes what happened to standard output, as one line of JSON.
 *
 * Usage: node browse.ts URL SELECTOR MILLISECONDS [USER PASSWORD LINK AFTER]. It waits for SELECTOR to become visible, for at
 * most MILLISECONDS. With LOGIN_USER and LOGIN_PASSWORD it first fills in the login form of a provider to which the page
 * leads. With USER it then fills in the page's own login form, follows LINK, and waits for AFTER.
 */
import { resolve4 } from "node:dns/promises";
import { chromium, type Page } from "playwright-core";

/** One request of the page. */
interface Asset {
  method: string;
  url: string;
  type: string;
  /** 0 when there was no response. */
  status: number;
  failure: string | undefined;
}

const [url = "", selector = "", milliseconds = "30000", ...login] = process.argv.slice(2);
const [operator, operatorPassword = "", link = "", after = ""] = login;
const timeout = Number(milliseconds);
/** In milliseconds. */
const pictureTimeout = 10_000;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    ...(await ruleFor(new URL(url).hostname)),
  ],
});
try {
  const page = await browser.newPage({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 800 } });
  const assets = record(page);
  const messages: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") messages.push(message.text());
  });
  page.on("pageerror", (error) => messages.push(error.message));
  const opened = await page.goto(url, { timeout, waitUntil: "load" }).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const { LOGIN_USER: user, LOGIN_PASSWORD: password } = process.env;
  if (user !== undefined && password !== undefined) {
    await page.locator("input[name=username]").fill(user, { timeout });
    await page.locator("input[name=password]").fill(password, { timeout });
    await page.locator("input[name=password]").press("Enter");
    // Back from the provider; a login that fails stays there.
    await page.waitForURL(({ hostname }) => hostname === new URL(url).hostname, { timeout }).catch(() => undefined);
  }
  let seen = await becomesVisible(page, selector);
  if (seen && operator !== undefined) seen = await logIn(page, operator);
  // Requests that are still running when the element is visible are recorded too.
  await page.waitForLoadState("networkidle", { timeout }).catch(() => undefined);
  const text = await visibleText(page);
  // Only the report shows it: Chromium on a busy machine may take none, and the visit is judged without it.
  const screenshot = await page.screenshot({ timeout: pictureTimeout }).catch(() => undefined);
  const report = {
    opened,
    url: page.url(),
    title: await page.title(),
    text,
    seen,
    messages,
    assets,
    screenshot: screenshot?.toString("base64") ?? "",
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
} finally {
  await browser.close();
}

/** Chromium takes every name below localhost for this machine, whatever DNS says; an operator may use one for the gateway. */
async function ruleFor(host: string): Promise<string[]> {
  if (!host.endsWith(".localhost")) return [];
  const [address] = await resolve4(host).catch(() => []);
  return address === undefined ? [] : [`--host-resolver-rules=MAP ${host} ${address}`];
}

async function becomesVisible(page: Page, awaited: string): Promise<boolean> {
  const shown = page.locator(awaited).first().waitFor({ state: "visible", timeout });
  return await shown.then(
    () => true,
    () => false,
  );
}

/**
 * The text of the page, without that of hidden nodes. A page that leads on to another by script is empty for a moment, so the text is
 * awaited; it is empty only where the page stays so.
 */
async function visibleText(page: Page): Promise<string> {
  const found = page.waitForFunction("document.body?.innerText.trim()", undefined, { timeout });
  return await found.then(
    async (text) => String(await text.jsonValue()),
    () => "",
  );
}

/** Types the name and the password, and presses Enter. */
async function logIn(page: Page, name: string): Promise<boolean> {
  const secret = page.locator("input[type=password]").first();
  await page.locator("input:visible:not([type=password]):not([type=checkbox]):not([type=hidden])").first().fill(name);
  await secret.fill(operatorPassword);
  await secret.press("Enter");
  if (!(await becomesVisible(page, link))) return false;
  await page.locator(link).first().click();
  return await becomesVisible(page, after);
}

function record(page: Page): Asset[] {
  const assets: Asset[] = [];
  const of = (request: { method(): string; url(): string; resourceType(): string }) => ({
    method: request.method(),
    url: request.url(),
    type: request.resourceType(),
  });
  page.on("response", (response) => {
    assets.push({ ...of(response.request()), status: response.status(), failure: undefined });
  });
  page.on("requestfailed", (request) => {
    assets.push({ ...of(request), status: 0, failure: request.failure()?.errorText });
  });
  return assets;
}
