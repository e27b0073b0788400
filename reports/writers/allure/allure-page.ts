/** Allure's page with what no option of Allure 3.18.0 changes. */
export function changedPage(page: string): string {
  return [withoutAnalytics, withoutSuccessRate, withReadableCounter, withVisibleLinks, withScript].reduce(
    (text, change) => change(text),
    page,
  );
}

const analytics = '<script async src="https://www.googletagmanager.com/';
const scriptEnd = "</script>";

/**
 * Removes Google's analytics from Allure's page: the script that loads it, and the next one, which sets it up. No option of
 * Allure 3.18.0 turns it off (`analyticsEnable` is fixed in @allurereport/plugin-awesome).
 */
function withoutAnalytics(page: string): string {
  const start = page.indexOf(analytics);
  const loaded = page.indexOf(scriptEnd, start) + scriptEnd.length;
  const end = page.indexOf(scriptEnd, loaded) + scriptEnd.length;
  const kept = start === -1 ? page : page.slice(0, start) + page.slice(end);
  const [foreign] =
    /<(?:script|link|img|iframe)\b[^>]{0,200}?\b(?:src|href)="(?:https?:)?\/\/[^"]{0,200}/i.exec(kept) ?? [];
  if (foreign !== undefined) throw new Error(`Allure's page would load from elsewhere: ${foreign}"`);
  return kept;
}

/**
 * Hides the share of checks that passed. Allure leaves skipped ones out of it: a run with ten known gaps had 100 %, and one
 * that is not conformant 99 %. The verdict is in the report's name.
 */
function withoutSuccessRate(page: string): string {
  return withStyle(page, '[aria-label^="Success rate"] { visibility: hidden; }');
}

/** Allure's number of failures is white on a light red: 3.1 to 1. */
function withReadableCounter(page: string): string {
  return withStyle(page, '[data-testid="counter"][class*="status-failed"] { background: #b3261e; color: #fff; }');
}

/** See the script below: its links look like text otherwise. */
function withVisibleLinks(page: string): string {
  return withStyle(
    page,
    '[data-testid="test-result-meta-link"][role="link"] { cursor: pointer; text-decoration: underline; }',
  );
}

function withStyle(page: string, style: string): string {
  // The page's scripts contain the end of a head, too. Allure's own styles come later, so that more specific ones win.
  return page.replace("<head>", `<head><style>${style}</style>`);
}

/**
 * Gives each button that shows only an icon its name in Allure's source, e.g. `toggle layout button`: it has none, and a
 * screen reader says "button" for each. Makes links to the run's files links: Allure shows only the text of a link that is
 * not `https://…`.
 */
const script = `
const fileOf = (element) => {
  const text = element?.closest?.('[data-testid="test-result-meta-link"]')?.textContent.trim() ?? "";
  return /^(evidence|failures|transcripts)\\//.test(text) ? "../" + text : undefined;
};
const open = (event) => {
  const file = fileOf(event.target);
  if (file !== undefined && (event.type === "click" || event.key === "Enter")) window.open(file, "_blank");
};
document.addEventListener("click", open);
document.addEventListener("keydown", open);
new MutationObserver(() => {
  for (const button of document.querySelectorAll("button:not([aria-label])"))
    if (button.textContent.trim() === "")
      button.setAttribute("aria-label", (button.dataset.testid ?? "button").replaceAll(/[-_]/g, " "));
  for (const link of document.querySelectorAll('[data-testid="test-result-meta-link"]:not([role])'))
    if (fileOf(link) !== undefined) {
      link.setAttribute("role", "link");
      link.setAttribute("tabindex", "0");
    }
}).observe(document, { childList: true, subtree: true });`;

function withScript(page: string): string {
  return page.replace("<head>", () => `<head><script>{${script}}</script>`);
}
