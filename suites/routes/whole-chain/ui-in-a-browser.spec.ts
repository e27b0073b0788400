import type { PageAsset, PageVisit } from "../../../containers/targets/gateway.ts";
import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { uiForVisitors } from "../support/ui-visitors.ts";

/** Where a user types a password: part of the login form in every version. */
const loginForm = "input[type=password]";
/** What LiteLLM 1.77.1 shows instead of the form while it has no database: logging in is impossible then. */
const setUpInstructions = "Environment Setup Instructions";

check({
  id: "ROUTE-16/ui-assets",
  requirements: ["ROUTE-16"],
  title: "every asset that the public UI loads in a real browser is served",
  needs: ["gateway", "browser", "litellm-port"],
  async run({ gateway, evidence }) {
    const { visit, url, assets, visitEvidence } = await openUi(gateway, evidence);
    const location = gateway.deployment.litellm.location;
    if (visit.opened !== undefined || assets.length === 0) {
      await expectOwnLogin(gateway, evidence);
      throw new CheckFailure({
        summary: "the page does not open",
        code: "page-not-opened",
        expected: `${url} opens`,
        actual: visit.opened ?? "nothing was loaded",
        evidence: visitEvidence,
        cause: "no router opens the page, or LiteLLM does not serve its UI",
        location,
      });
    }
    const failing = await Promise.all(
      assets.filter(isFailure).map(async (asset) => ({ ...asset, isOwn: await isLiteLLMsOwn(gateway, asset) })),
    );
    // Traefik is not the cause where LiteLLM itself does not serve an asset; a page without its scripts stays empty.
    const failed = failing.filter((asset) => !(asset.isOwn && isDispensable(asset)));
    for (const asset of failing.filter((one) => !failed.includes(one)))
      evidence.finding(
        `LiteLLM itself answers ${asset.status} to ${new URL(asset.url).pathname}, which the UI asks for.`,
      );
    if (failed.length > 0) {
      const isOwn = failed.every((asset) => asset.isOwn);
      // The runner names the cause where Traefik answers by itself: by an exchange of the suite's own, which a browser has none of.
      const [first] = failed;
      const isOfGateway = gateway.policy.hosts.some(({ name }) => name === new URL(first?.url ?? url).hostname);
      if (!isOwn && first !== undefined && isOfGateway) await gateway.http.send({ url: first.url });
      throw new CheckFailure({
        summary: `${failed.length} of the ${assets.length} assets that the page loads are not served`,
        code: "assets-not-served",
        expected: "every asset served",
        actual: failed.slice(0, shownAssets).map(assetText).join("\n"),
        evidence: visitEvidence,
        cause: isOwn
          ? "LiteLLM itself does not serve them: it answers the same at its own port"
          : "the UI needs more public paths than the labels open: scripts and styles are next to /ui, not below it",
        ...(isOwn ? {} : { location }),
        cases: failed.map(assetFailure),
      });
    }
    // A page whose script is served but does nothing is as empty as a page without the script.
    if (visit.text.trim() === "" || !assets.some(({ type }) => type === "script")) {
      throw new CheckFailure({
        summary: "the page stays empty",
        code: "empty-page",
        expected: "a page with text, drawn by its scripts",
        actual: visit.text.trim() === "" ? "no text" : "no script loaded",
        evidence: visitEvidence,
        cause: visit.messages[0] ?? "the page loads no script",
        location,
      });
    }
    evidence.finding(
      `An anonymous browser gets all ${assets.length} assets that ${url} loads, and the page shows text.`,
    );
  },
});

check({
  id: "ROUTE-16/login-form",
  requirements: ["ROUTE-16"],
  title: "the login form is visible",
  needs: ["gateway", "browser"],
  async run({ gateway, evidence }) {
    const { visit, visitEvidence } = await openUi(gateway, evidence);
    const showsInstructions = visit.text.includes(setUpInstructions);
    if (visit.seen && !showsInstructions) return;
    if (showsInstructions && !(await hasDatabase(gateway))) {
      evidence.notSupported(
        "LiteLLM has no database, and this version then shows set-up instructions instead of the login form",
      );
    }
    await expectOwnLogin(gateway, evidence);
    const isEmpty = visit.text.trim() === "";
    throw new CheckFailure({
      summary: "the login form never appears",
      code: "no-login-form",
      expected: `a visible ${loginForm}`,
      actual: isEmpty ? "an empty page" : "another page",
      evidence: visitEvidence,
      cause: isEmpty
        ? "a script that the page needs is refused"
        : `the page shows ${JSON.stringify(visit.text.trim().slice(0, 120))}`,
      location: gateway.deployment.litellm.location,
    });
  },
});

/** Opens the UI; both checks use the same visit, because a browser is the most expensive client. */
async function openUi(
  gateway: GatewayWith<"browser">,
  evidence: Evidence,
): Promise<{
  visit: PageVisit;
  url: string;
  /** What the page loaded from the gateway itself. */
  assets: PageAsset[];
  visitEvidence: { sent: string; received: string };
}> {
  const url = uiForVisitors(gateway, evidence);
  const visit = await gateway.once.do("visit of the UI in a browser", () =>
    gateway.browse(url, `${loginForm}, :text("${setUpInstructions}")`),
  );
  if (visit.screenshot !== "") await evidence.keepPicture("ui.png", Buffer.from(visit.screenshot, "base64"));
  await evidence.keep("ui.json", JSON.stringify({ ...visit, screenshot: "ui.png" }, null, 2));
  const assets = await gateway.once.do("assets of the UI", () =>
    Promise.all(
      visit.assets
        .filter((asset) => new URL(asset.url).hostname === gateway.internalHost.name)
        .map((asset) => withStatus(gateway, asset)),
    ),
  );
  return {
    visit,
    url,
    assets,
    visitEvidence: {
      sent: `a browser opens ${url}, anonymously`,
      received: visitText(visit, assets.filter(isFailure)),
    },
  };
}

/**
 * Ends a check where LiteLLM leaves the login to a provider elsewhere (single sign-on), to which its UI may send a visitor at once.
 *
 * @throws {NotSupported} where it does
 */
async function expectOwnLogin(gateway: GatewayTarget, evidence: Evidence): Promise<void> {
  const { response } = await gateway.send({ path: "/sso/key/generate" });
  const location = response?.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (location === undefined || !URL.canParse(location)) return;
  const { hostname } = new URL(location);
  if (gateway.policy.hosts.every(({ name }) => name !== hostname))
    evidence.notSupported(`LiteLLM sends people who log in to ${hostname} (single sign-on), which no run starts`);
}

async function hasDatabase(gateway: GatewayTarget): Promise<boolean> {
  const { response } = await gateway.send({ path: "/health/readiness", bearer: gateway.masterKey });
  return /"db"\s*:\s*"connected"/i.test(response?.body ?? "");
}

/** How Chromium reports a request that a navigation aborted while the previous page was still loading. */
const aborted = "net::ERR_ABORTED";

/**
 * Asks again for what a navigation aborted. Whether the response arrives before the navigation depends on the load of
 * the machine; whether the gateway serves it does not.
 */
async function withStatus(gateway: GatewayTarget, asset: PageAsset): Promise<PageAsset> {
  if (asset.failure !== aborted || asset.method !== "GET") return asset;
  const { pathname, search } = new URL(asset.url);
  const { response } = await gateway.send({ path: pathname + search });
  return response === undefined ? asset : { ...asset, status: response.status };
}

function isFailure({ status, failure, type }: PageAsset): boolean {
  if (status === 0) return failure !== aborted && type !== "ping";
  return status >= 400;
}

/** Whether the login form works without an asset: data that a script asks for, or the icon that every browser asks for. */
function isDispensable({ type, url }: PageAsset): boolean {
  return type === "fetch" || type === "xhr" || /\/favicon\.ico(?:\?|$)/.test(url);
}

/** Whether LiteLLM answers an asset's address with the same status at its own port, without Traefik. */
async function isLiteLLMsOwn(
  gateway: GatewayWith<"litellm-port">,
  { method, url, status }: PageAsset,
): Promise<boolean> {
  const { pathname, search } = new URL(url);
  const { response } = await gateway.http.send({ method, url: gateway.directUrl(pathname + search) });
  return status !== 0 && response?.status === status;
}

/** How many failed assets a failure shows; the evidence has all of them. */
const shownAssets = 8;

/** `401 GET http://…`. */
function assetText({ method, url, status, failure }: PageAsset): string {
  return `${status || failure} ${method} ${url}`;
}

function assetFailure(asset: PageAsset): FailureDetails {
  return {
    summary: `${asset.url} is not served`,
    code: "assets-not-served",
    // Without the query, which may change with each visit.
    case: `${asset.method} ${new URL(asset.url).pathname}`,
    expected: "a status below 400",
    actual: String(asset.status || asset.failure),
  };
}

function visitText(visit: PageVisit, failed: readonly PageAsset[]): string {
  return [
    `ended at ${visit.url}, "${visit.title}"`,
    ...failed.slice(0, shownAssets).map(assetText),
    ...visit.messages.slice(0, 3),
    visit.text.trim().slice(0, 300) || "(no text)",
  ].join("\n");
}
