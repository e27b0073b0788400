import type { PageAsset, PageVisit } from "../../../containers/targets/gateway.ts";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";

/** Where a user types a password: the login form, whichever version draws it. */
const loginForm = "input[type=password]";
/** What LiteLLM 1.77.1 shows in the form's place while it has no database: nobody could log in then. */
const setUpInstructions = "Environment Setup Instructions";

check({
  id: "ROUTE-16/ui-assets",
  requirements: ["ROUTE-16"],
  title: "every asset that the public UI loads in a real browser is served",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { visit, url, own, told } = await openUi(gateway, evidence);
    const failed = own.filter(isFailure);
    if (visit.opened !== undefined || own.length === 0) {
      throw new CheckFailure({
        ...told,
        summary: "the page does not open",
        cause: visit.opened ?? "nothing was loaded",
      });
    }
    if (failed.length > 0) {
      throw new CheckFailure({
        ...told,
        summary: `${failed.length} of the ${own.length} things that the page loads are not served`,
        cause: "the UI needs more public paths than the labels open: scripts and styles lie beside /ui, not under it",
        location: gateway.deployment.litellm.location,
      });
    }
    // A page whose script is served but does nothing is as empty as one without.
    if (visit.text.trim() === "" || !own.some(({ type }) => type === "script")) {
      throw new CheckFailure({
        ...told,
        summary: "the page stays empty",
        cause: visit.messages[0] ?? "it loads no script",
      });
    }
    evidence.finding(
      `An anonymous browser gets all of the ${own.length} things that ${url} loads, and a page to read.`,
    );
  },
});

check({
  id: "ROUTE-16/login-form",
  requirements: ["ROUTE-16"],
  title: "the login form is visible",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { visit, told } = await openUi(gateway, evidence);
    if (visit.seen && !visit.text.includes(setUpInstructions)) return;
    if (visit.text.includes(setUpInstructions) && !(await hasDatabase(gateway))) {
      evidence.notSupported(
        "LiteLLM has no database, so this version shows how to set one up where the login form would be",
      );
    }
    throw new CheckFailure({
      ...told,
      summary: "the login form never comes",
      cause:
        visit.text.trim() === ""
          ? "the page stays empty: a script that it needs is refused"
          : "the page shows something else",
      location: gateway.deployment.litellm.location,
    });
  },
});

/** Both checks look at one visit: a browser is the costliest client. */
let visited: Promise<PageVisit> | undefined;

async function openUi(
  gateway: GatewayTarget,
  evidence: Evidence,
): Promise<{ visit: PageVisit; url: string; own: PageAsset[]; told: { sent: string; received: string } }> {
  const url = gateway.url("/ui/");
  visited ??= gateway.browse(url, `${loginForm}, :text("${setUpInstructions}")`);
  const visit = await visited;
  await evidence.keepPicture("ui.png", Buffer.from(visit.screenshot, "base64"));
  await evidence.keep("ui.json", JSON.stringify({ ...visit, screenshot: "ui.png" }, null, 2));
  const own = visit.assets.filter((asset) => new URL(asset.url).hostname === gateway.internalHost.name);
  return {
    visit,
    url,
    own,
    told: { sent: `a browser opens ${url}, anonymously`, received: describe(visit, own.filter(isFailure)) },
  };
}

async function hasDatabase(gateway: GatewayTarget): Promise<boolean> {
  const { response } = await gateway.send({ path: "/health/readiness", bearer: gateway.masterKey });
  return /"db"\s*:\s*"connected"/i.test(response?.body ?? "");
}

function isFailure({ status, failure, type }: PageAsset): boolean {
  // A navigation that replaces another aborts what that one still loaded.
  if (status === 0) return failure !== "net::ERR_ABORTED" && type !== "ping";
  return status >= 400;
}

function describe(visit: PageVisit, failed: readonly PageAsset[]): string {
  const assets = failed.slice(0, 8).map(({ method, url, status, failure }) => `${status || failure} ${method} ${url}`);
  return [
    `ended at ${visit.url}, "${visit.title}"`,
    ...assets,
    ...visit.messages.slice(0, 3),
    visit.text.trim().slice(0, 300) || "(nothing to read)",
  ].join("\n");
}
