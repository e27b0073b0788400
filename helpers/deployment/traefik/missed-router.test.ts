import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { type MissedRequest, missedRouter } from "./missed-router.ts";
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
  more: Partial<MissedRequest> = {},
): { cause: string; line: string; isNotLoaded: boolean } | undefined {
  using copy = patchedCopy(folder, find === "" ? [] : [{ file: "compose.yaml", find, replace }]);
  const model = readFacts(copy.folder).traefik("traefik");
  if (model === undefined) throw new Error("the reference has Traefik");
  const whole = { host, method: "GET", path: "/", headers: [], query: [], client: undefined, ...request };
  const missed = missedRouter(model, whole, { taken, entryPoint, ...more });
  if (missed === undefined) return undefined;
  const lines = readFileSync(join(copy.folder, "compose.yaml"), "utf8").split("\n");
  const line = lines[missed.location.line - 1]?.trim() ?? "";
  return { cause: missed.cause, line, isNotLoaded: missed.isNotLoaded ?? false };
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
    "a header of another name",
    [bearer, bearer.replace("`Authorization`", "`X-Authorization`")],
    internal,
    { path: "/v1/models", headers: key },
    label("litellm-bearer", "rule"),
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

test("a router whose tls is switched off is blamed at that line", () => {
  const find = label("litellm-bearer-ext", "tls");
  const change = [`${find} "true"`, `${find} "false"`] as const;
  const request = { path: "/v1/models", headers: key };
  const missed = missedIn(change, external, request, external.refused, { scheme: "https" });
  expect(missed?.cause).toMatch(/^the router litellm-bearer-ext has no TLS/);
  expect(missed?.line).toBe(`${find} "false"`);
});

test.for([
  ["a router with a condition on the request took it", { path: "/v1/models", headers: key }, "litellm-bearer@docker"],
  ["no rule is near", { path: "/v1/models", method: "GET", host: "another.example" }, "litellm-refused@docker"],
] as const)("no other router is blamed where %s", ([_, request, taken]) => {
  expect(missedIn(["", ""], internal, request, taken)).toBeUndefined();
});

const keyed = { path: "/openapi.jsonx", headers: key };

test.for([
  [
    "a rule that does not parse",
    [bearer, bearer.replace("&&", "&")],
    /^the rule of the router 'litellm-bearer' does not parse/,
    label("litellm-bearer", "rule"),
  ],
  [
    "an entry point that Traefik lacks",
    [`${label("litellm-bearer", "entrypoints")} web`, `${label("litellm-bearer", "entrypoints")} wbe`],
    /names the entry point 'wbe'/,
    label("litellm-bearer", "entrypoints"),
  ],
  [
    "a service that nothing defines",
    [`${label("litellm-bearer", "service")} litellm`, `${label("litellm-bearer", "service")} litelm`],
    /names the service 'litelm'/,
    label("litellm-bearer", "service"),
  ],
  [
    "labels that Traefik ignores",
    ['      traefik.enable: "true"\n', ""],
    /^the labels of 'litellm' have no effect/,
    "traefik",
  ],
] as const)(
  "a router that Traefik cannot use has the cause that is known of it, whether another one took the request or not: %s",
  ([_, change, cause, line]) => {
    for (const taken of [undefined, internal.refused]) {
      const missed = missedIn(change, internal, { path: "/v1/models", headers: key }, taken);
      expect(missed?.cause).toMatch(cause);
      expect(missed?.line).toMatch(new RegExp(`^${line.replaceAll(".", "\\.")}`));
      expect(missed?.isNotLoaded).toBe(true);
    }
  },
);

test("labels that are switched off are named by their switch", () => {
  const change = ['traefik.enable: "true"', 'traefik.enable: "false"'] as const;
  const missed = missedIn(change, internal, { path: "/v1/models", headers: key }, undefined);
  expect([missed?.cause, missed?.line]).toEqual([
    "traefik.enable of litellm is not true: Traefik ignores every label of it",
    'traefik.enable: "false"',
  ]);
});

test("where the policy demands a credential, a router that asks for none was not meant for the request", () => {
  const change = [bearer, bearer.replace("litellm.linux", "litellm.linnux")] as const;
  const near = missedIn(change, internal, keyed, internal.refused);
  const meant = missedIn(change, internal, keyed, internal.refused, { needsCredential: true });
  expect([near?.line, meant?.line]).toEqual([
    expect.stringMatching(/litellm-public\.rule/),
    expect.stringMatching(/litellm-bearer\.rule/),
  ]);
});

test("a router without TLS takes nothing on an entry point that clients call by https", () => {
  const change = ['      traefik.http.routers.litellm-bearer-ext.tls: "true"\n', ""] as const;
  const request = { path: "/v1/models", headers: key };
  const missed = missedIn(change, external, request, undefined, { scheme: "https" });
  expect(missed?.cause).toBe(
    "the router litellm-bearer-ext has no TLS, and neither has its entry point websecure: it takes plain HTTP only there",
  );
  expect(missed?.line).toMatch(/litellm-bearer-ext\.entrypoints/);
});

test("a router with TLS takes no plain HTTP", () => {
  const change = [
    "litellm-bearer.service: litellm",
    'litellm-bearer.service: litellm\n      traefik.http.routers.litellm-bearer.tls: "true"',
  ] as const;
  const request = { path: "/v1/models", headers: key };
  const missed = missedIn(change, internal, request, undefined, { scheme: "http" });
  expect([missed?.cause, missed?.line]).toEqual([
    "the router litellm-bearer has TLS: it takes no plain HTTP",
    expect.stringMatching(/litellm-bearer\.tls/),
  ]);
});

test("a host that lacks the value of a variable is named", () => {
  const change = [bearer, bearer.replace("litellm.linuxserver.lan", "litellm.")] as const;
  const request = { path: "/v1/models", headers: key };
  const missed = missedIn(change, internal, request, undefined, { needsCredential: true });
  expect(missed?.cause).toBe(
    "the router litellm-bearer is for the host 'litellm.': a variable in its rule has no value",
  );
});
