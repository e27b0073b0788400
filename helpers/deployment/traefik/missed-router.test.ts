import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { missedRouter } from "./missed-router.ts";
import type { RuleRequest } from "./rules/witness.ts";

const folder = "deployments/reference";
const key = [["Authorization", "Bearer sk-key"]] as const;
const internal = { entryPoint: "web", host: "litellm.linuxserver.lan", refused: "litellm-refused@docker" };
const external = { entryPoint: "websecure", host: "litellm.ai-servicers.com", refused: "litellm-refused-ext@docker" };

/** What is missed of the reference with one text replaced, and the text of the line that is named. */
function missedIn(
  [find, replace]: readonly [string, string],
  { entryPoint, host }: typeof internal,
  request: Partial<RuleRequest>,
  taken: string | undefined,
): { cause: string; line: string } | undefined {
  using copy = patchedCopy(folder, find === "" ? [] : [{ file: "compose.yaml", find, replace }]);
  const model = readFacts(copy.folder).traefik("traefik");
  if (model === undefined) throw new Error("the reference has Traefik");
  const whole = { host, method: "GET", path: "/", headers: [], query: [], client: undefined, ...request };
  const missed = missedRouter(model, whole, { taken, entryPoint });
  if (missed === undefined) return undefined;
  const lines = readFileSync(join(copy.folder, "compose.yaml"), "utf8").split("\n");
  return { cause: missed.cause, line: lines[missed.location.line - 1]?.trim() ?? "" };
}

const label = (router: string, option: string): string => `traefik.http.routers.${router}.${option}:`;
const externalPublic =
  "Host(`litellm.ai-servicers.com`) &&\n        (Path(`/ui`) || PathPrefix(`/ui/`) || Path(`/docs`) || Path(`/swagger`) || PathPrefix(`/swagger/`)";
const bearer = "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer +";

test.for([
  [
    "a path that is mistyped",
    [externalPublic, externalPublic.replace("/swagger/", "/swagger/x")],
    external,
    { path: "/swagger/index.html" },
    label("litellm-public-ext", "rule"),
  ],
  [
    "an alternative that became a condition",
    [externalPublic, externalPublic.replace("|| Path(`/docs`)", "&& Path(`/docs`)")],
    external,
    { path: "/docs" },
    label("litellm-public-ext", "rule"),
  ],
  [
    "a header's pattern",
    [bearer, bearer.replace("Bearer", "Basic")],
    internal,
    { path: "/v1/models", headers: key },
    label("litellm-bearer", "rule"),
  ],
  [
    "a host that is mistyped",
    [bearer, bearer.replace("litellm.linux", "litellm.linnux")],
    internal,
    { path: "/v1/models", headers: key },
    label("litellm-bearer", "rule"),
  ],
  [
    "a method",
    ["Method(`GET`)", "Method(`PUT`)"],
    internal,
    { path: "/schedule/model_cost_map_reload/status" },
    label("litellm-status", "rule"),
  ],
  [
    "an entry point",
    [`${label("litellm-bearer", "entrypoints")} web`, `${label("litellm-bearer", "entrypoints")} websecure`],
    internal,
    { path: "/v1/models", headers: key },
    label("litellm-bearer", "entrypoints"),
  ],
  [
    "a priority below that of the router for the rest",
    [`${label("litellm-bearer", "priority")} "50"`, `${label("litellm-bearer", "priority")} "-1"`],
    internal,
    { path: "/v1/models", headers: key },
    label("litellm-bearer", "priority"),
  ],
  [
    "the router for the rest before all others",
    [`${label("litellm-refused", "priority")} "1"`, `${label("litellm-refused", "priority")} "900"`],
    internal,
    { path: "/v1/models", headers: key },
    label("litellm-refused", "priority"),
  ],
] as const)("the router that was meant for a request is named: %s", ([_, change, site, request, line]) => {
  expect(missedIn(change, site, request, site.refused)?.line).toMatch(new RegExp(`^${line.replaceAll(".", "\\.")}`));
});

test.for([
  ["a router with a condition on the request took it", { path: "/v1/models", headers: key }, "litellm-bearer@docker"],
  ["no rule is near", { path: "/v1/models", method: "GET", host: "another.example" }, "litellm-refused@docker"],
] as const)("no other router is blamed where %s", ([_, request, taken]) => {
  expect(missedIn(["", ""], internal, request, taken)).toBeUndefined();
});
