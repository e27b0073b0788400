/**
 * Opens pages in Chromium, wide and narrow, light and dark, and writes what is wrong with each to standard output, as one
 * line of JSON. Runs in the browser's container, next to playwright-core.
 *
 * Usage: node look-at-pages.ts AXE FOLDER LAYOUT:PAGE…, where AXE is axe-core's script, screenshots go to FOLDER, and LAYOUT
 * is `own`, `allure` or `mutation`.
 */
import { existsSync, readFileSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

/** What is wrong with one page at one size. */
export interface PageFaults {
  page: string;
  /** E.g. `390x844 dark`. */
  view: string;
  /** One line each; empty for a sound page. */
  faults: readonly string[];
}

const sizes = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

/** Whether a page shows something; runs in the page. A library's page builds itself when it has been loaded. */
const isShown = `document.body.innerText.trim().length > 100`;

/** Opens every part of a page that is folded; runs in the page. */
const unfold = `for (const one of document.querySelectorAll("details")) one.open = true;`;

/** A page that is wider than its window; runs in the page. */
const findOverflow = `(() => {
  const root = document.documentElement;
  return root.scrollWidth > root.clientWidth
    ? ["the page is " + root.scrollWidth + " pixels wide in a window of " + root.clientWidth]
    : [];
})()`;

/**
 * Text that a reader cannot see: it leaves a box that hides what is outside of it, its picture, or its cell in a
 * picture. Runs in the page.
 */
const findClippedTexts = `(() => {
  const faults = [];
  for (const element of document.querySelectorAll("main *, header *")) {
    const isHidden = ["hidden", "clip"].includes(getComputedStyle(element).overflowX);
    if (isHidden && element.scrollWidth > element.clientWidth + 1 && !element.closest(".visually-hidden"))
      faults.push("clipped: " + element.textContent.slice(0, 80));
  }
  for (const text of document.querySelectorAll("svg.picture text")) {
    const box = text.getBoundingClientRect();
    const picture = text.closest("svg").getBoundingClientRect();
    if (box.left < picture.left - 1 || box.right > picture.right + 1)
      faults.push("outside of its picture: " + text.textContent);
    const cell = text.closest("g")?.querySelector("rect")?.getBoundingClientRect();
    if (cell && (box.left < cell.left || box.right > cell.right)) faults.push("wider than its cell: " + text.textContent);
  }
  return faults;
})()`;

const [axe = "", folder = "", ...pages] = process.argv.slice(2);

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  const found: PageFaults[] = [];
  for (const page of pages)
    for (const size of sizes)
      for (const scheme of ["light", "dark"] as const) found.push(await look(browser, page, size, scheme));
  process.stdout.write(`${JSON.stringify(found)}\n`);
} finally {
  await browser.close();
}

async function look(
  on: Browser,
  argument: string,
  size: (typeof sizes)[number],
  colorScheme: "light" | "dark",
): Promise<PageFaults> {
  const [layout = "", path = ""] = argument.split(":");
  const context = await on.newContext({ viewport: size, colorScheme });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text().slice(0, 300)}`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  page.on("request", (request) => {
    if (!/^(file|data|blob):/.test(request.url())) faults.push(`a request left the disk: ${request.url()}`);
  });
  await page.goto(`file://${path}`, { waitUntil: "load" });
  await page.waitForFunction(isShown);
  const name = path.split("/").slice(2, -1).join("-");
  await page.screenshot({ path: `${folder}/${name}-${size.width}-${colorScheme}.png` });
  await page.evaluate(unfold);
  const overflow: readonly string[] = await page.evaluate(findOverflow);
  const clipped: readonly string[] = layout === "own" ? await page.evaluate(findClippedTexts) : [];
  faults.push(...overflow, ...clipped, ...(await accessibilityFaults(page)));
  if (layout === "allure") faults.push(...(await evidenceFaults(page)));
  await context.close();
  return { page: name, view: `${size.width}x${size.height} ${colorScheme}`, faults };
}

/** Opens a check of Allure's page, and follows its link to the evidence. */
async function evidenceFaults(page: Page): Promise<string[]> {
  await page.getByText("/holds").first().click();
  const opening = page.context().waitForEvent("page");
  await page
    .getByRole("link", { name: /^evidence\// })
    .first()
    .click();
  const { pathname } = new URL((await opening).url());
  return existsSync(pathname) ? [] : [`a link leads to ${pathname}, which does not exist`];
}

/** What axe-core finds, as far as it is read here. */
interface Violation {
  id: string;
  impact: string;
  nodes: readonly { html: string; failureSummary: string }[];
}

async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(axe, "utf8"));
  const violations: readonly Violation[] = await page.evaluate("axe.run().then(({ violations }) => violations)");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, impact, nodes }) =>
        `${impact} for assistive technology: ${id}, ${nodes.length} times, e.g. ${nodes[0]?.html.slice(0, 160)}: ${nodes[0]?.failureSummary}`,
    );
}
