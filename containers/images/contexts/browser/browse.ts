/**
 * Opens a page as a person would and says what happened, as one line of JSON on standard output.
 *
 * Usage: node browse.ts URL SELECTOR MILLISECONDS, where SELECTOR is what must become visible within the time.
 */
import { chromium, type Page } from "playwright-core";

/** One thing that the page asked for. */
interface Asset {
  method: string;
  url: string;
  type: string;
  /** 0 when no response came. */
  status: number;
  failure: string | undefined;
}

const [url = "", selector = "", milliseconds = "30000"] = process.argv.slice(2);
const timeout = Number(milliseconds);

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
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
  const seen = await page
    .locator(selector)
    .first()
    .waitFor({ state: "visible", timeout })
    .then(
      () => true,
      () => false,
    );
  // What the page still loads when the awaited thing is there counts as well.
  await page.waitForLoadState("networkidle", { timeout }).catch(() => undefined);
  const screenshot = await page.screenshot();
  // biome-ignore lint/performance/useDomNodeTextContent: what a person can read, not what a hidden node holds
  const text = await page.locator("body").innerText();
  const report = {
    opened,
    url: page.url(),
    title: await page.title(),
    text,
    seen,
    messages,
    assets,
    screenshot: screenshot.toString("base64"),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
} finally {
  await browser.close();
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
