import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../deployment/load.ts";
import { type Patch, patchedCopy } from "../deployment/source/patched-copy.ts";
import { type DeploymentWithTraefik, type SourceLocation, withTraefik } from "../deployment/types.ts";
import type { Exchange, HeaderLines } from "../protocol/exchange.ts";
import {
  ruleRequestOf,
  whyNotReached,
  whyNotRefused,
  whyOtherStatus,
  whyRefusedByMiddleware,
  whyRefusedOtherwise,
  whyUnchallenged,
} from "./routing-causes.ts";

function exchange(url: string, headers: HeaderLines = [], method = "GET"): Exchange {
  return { id: "one", request: { method, url, headers } } as unknown as Exchange;
}

/** What is found in a changed example, with the text of the line that it names. */
async function inExample<
  T extends { cause?: string; location?: SourceLocation; follows?: string; fix?: string } | undefined,
>(
  example: string,
  patches: readonly Patch[],
  find: (deployment: DeploymentWithTraefik) => T,
): Promise<Record<"cause" | "line" | "follows" | "fix", string | undefined>> {
  using copy = patchedCopy(`deployments/examples/${example}`, patches);
  const found = find(withTraefik(await loadDeployment(copy.folder)));
  const { location } = found ?? {};
  const line = location && readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();
  return { cause: found?.cause, line, follows: found?.follows, fix: found?.fix };
}

const rules = "dynamic/api.yml";
const key = [["Authorization", "Bearer sk-any"]] as const;

test.for([
  ["https://a.example/x?y=1", [], { host: "a.example", path: "/x", query: [["y", "1"]] }],
  ["https://a.example", [["Host", " B.example:8443"]], { host: "b.example", path: "/" }],
  ["https://a.example //x//y", [], { host: "a.example", path: "/x/y" }],
  ["https://a.example https://c.example/z", [["Host", "a.example"]], { host: "c.example", path: "/z" }],
  ["https://a.example *", [], undefined],
] as const)("%s is the request that rules see", ([url, headers, expected]) => {
  const request = ruleRequestOf(exchange(url, headers));
  if (expected === undefined) expect(request).toBeUndefined();
  else expect(request).toMatchObject(expected);
});

test("a service that does not answer has one cause for all of its routers", async () => {
  const found = await inExample("allow-list", [], (deployment) =>
    whyNotReached(deployment, exchange("https://api.example.dev/v1/models", key), { router: "api@file", status: 502 }),
  );
  expect(found.cause).toBe(
    "the service litellm does not answer at the address and port that Traefik has for it (Traefik answers 502)",
  );
  expect(found.line).toMatch(/^litellm: \{ loadBalancer/);
});

test("a service that answers too late for its servers transport has the line of that limit", async () => {
  const found = await inExample("allow-list", [], (deployment) =>
    whyNotReached(deployment, exchange("https://api.example.dev/v1/models", key), { router: "api@file", status: 504 }),
  );
  expect(found.cause).toMatch(/responseHeaderTimeout \(20s\)$/);
  expect(found.line).toMatch(/responseHeaderTimeout: 20s/);
});

test.for([
  [500, /^Traefik speaks https to litellm, and LiteLLM speaks http/],
  [502, /^Traefik speaks https to litellm, and LiteLLM speaks http/],
  [504, /^the service litellm does not answer/],
] as const)("a service with the wrong scheme that is answered %d", async ([status, cause]) => {
  const port = 'loadbalancer.server.port: "4000"';
  const label = "traefik.http.services.litellm.loadbalancer.server.scheme: https";
  const patch = { file: "compose.yaml", find: port, replace: `${port}\n      ${label}` };
  const found = await inExample("virtual-keys", [patch], (deployment) =>
    whyNotReached(deployment, exchange("http://litellm.home.arpa/v1/models", key), {
      router: "litellm@docker",
      status,
    }),
  );
  expect(found.cause).toMatch(cause);
  if (status !== 504) expect(found.line).toBe(label);
});

test.for([
  [429, "the middleware one of the router litellm@docker refuses the request (Traefik answers 429)"],
  [401, undefined],
] as const)("a limit of concurrent requests explains the status %d", async ([status, cause]) => {
  const port = 'traefik.http.services.litellm.loadbalancer.server.port: "4000"';
  const labels = [
    port,
    "traefik.http.routers.litellm.middlewares: one",
    'traefik.http.middlewares.one.inflightreq.amount: "1"',
  ];
  const patch = { file: "compose.yaml", find: port, replace: labels.join("\n      ") };
  const found = await inExample("virtual-keys", [patch], (deployment) =>
    whyRefusedByMiddleware(deployment, { router: "litellm@docker", status }),
  );
  expect(found.cause).toBe(cause);
  expect(found.line).toBe(cause && labels[2]);
});

test.for([
  [
    "by its own line",
    "strict",
    "    nobody:",
    "    strict: { ipAllowList: { sourceRange: [192.0.2.7/32] } }\n    nobody:",
    /^strict:/,
  ],
  ["by the router's list where others have it too", "nobody", "    nobody:", "    nobody:", /^middlewares: \[nobody\]/],
] as const)("a middleware that refuses is named %s", async ([, name, find, replace, line]) => {
  const patches = [
    { file: rules, find: "middlewares: [chain-api@file]", replace: `middlewares: [${name}]` },
    { file: rules, find, replace },
  ];
  const found = await inExample("allow-list", patches, (deployment) =>
    whyNotReached(deployment, exchange("https://api.example.dev/v1/models", key), { router: "api@file", status: 403 }),
  );
  expect(found.cause).toBe(`the middleware ${name} of the router api@file refuses the request (Traefik answers 403)`);
  expect(found.line).toMatch(line);
});

test("a router that lost its rule is named where the one for the rest took its request", async () => {
  const find = / +traefik\.http\.routers\.litellm-bearer\.rule: >-\n.*\n/;
  const compose = readFileSync("deployments/reference/compose.yaml", "utf8").replace(find, "");
  const request = exchange("http://litellm.linuxserver.lan/v1/models", key);
  const found = await inExample("../reference", [{ file: "compose.yaml", write: compose }], (deployment) =>
    whyNotReached(deployment, request, { router: "litellm-refused@docker", status: 401 }),
  );
  expect(found.cause).toMatch(/^the router litellm-bearer has no rule, so that Traefik's default rule decides/);
  expect(found.line).toMatch(/^traefik\.http\.routers\.litellm-bearer\./);
});

test("a router that nothing in the files has is named by the policy's line of the host", async () => {
  const found = await inExample(
    "database",
    [
      {
        file: "compose.yaml",
        find: "litellm.rule: Host(`litellm.${BASE_DOMAIN}`)",
        replace: "litellm.rule: Host(`chat.test`)",
      },
    ],
    (deployment) =>
      whyNotReached(deployment, exchange("https://litellm.example.org/v1/models", key), {
        router: undefined,
        status: 404,
      }),
  );
  expect(found).toMatchObject({
    cause: "no router matches this request (Traefik answered 404)",
    line: "- name: litellm.example.org",
  });
});

test("what cannot be loaded follows from the check of what Traefik loads", async () => {
  const patch = { file: rules, find: "[body, rate]", replace: "[body, rte]" };
  const found = await inExample("allow-list", [patch], (deployment) =>
    whyNotReached(deployment, exchange("https://api.example.dev/v1/models", key), { router: "deny@file", status: 403 }),
  );
  expect(found.cause).toMatch(/^the chain 'chain-api' names the middleware 'rte'/);
  expect(found.follows).toBe("ROUTE-26/loaded-without-errors");
});

test("a refusal by a router that cannot be loaded follows from it", async () => {
  const patch = { file: rules, find: "middlewares: [nobody]", replace: "middlewares: [nobdy]" };
  const found = await inExample("allow-list", [patch], (deployment) =>
    whyRefusedOtherwise(deployment, exchange("https://api.example.dev/key/info"), undefined),
  );
  expect(found.cause).toMatch(/^the router 'deny' names the middleware 'nobdy'/);
  expect(found.follows).toBe("ROUTE-26/loaded-without-errors");
});

test("a refusal by no router names the one for the rest whose host lacks the value of a variable", async () => {
  const rule = `rule: 'Host(\`api.{{ env "DOMAIN" }}\`)'`;
  const patch = { file: rules, find: rule, replace: rule.replace("DOMAIN", "DOMAN") };
  const found = await inExample("allow-list", [patch], (deployment) =>
    whyRefusedOtherwise(deployment, exchange("https://api.example.dev/key/info"), undefined),
  );
  expect(found.cause).toBe("the router deny is for the host 'api.': a variable in its rule has no value");
  expect(found.line).toBe(rule.replace("DOMAIN", "DOMAN"));
});

test("a router that leads to Traefik itself has the line of its service", async () => {
  const label = "traefik.http.routers.litellm.service";
  const rule = "traefik.http.routers.litellm.rule: ";
  const found = await inExample(
    "virtual-keys",
    [{ file: "compose.yaml", find: rule, replace: `${label}: noop@internal\n      ${rule}PathPrefix(\`/v1\`) && ` }],
    (deployment) =>
      whyNotReached(deployment, exchange("http://litellm.home.arpa/v1/models", key), {
        router: "litellm@docker",
        status: 418,
      }),
  );
  expect(found.cause).toBe("the router litellm@docker leads to noop@internal: Traefik itself answers, with 418");
  expect(found.line).toBe(`${label}: noop@internal`);
});

test("a middleware that redirects is named for the redirect", async () => {
  const middleware = "traefik.http.middlewares.to-https.redirectscheme.scheme: https";
  const list = "traefik.http.routers.litellm.middlewares: to-https";
  const entryPoint = "traefik.http.routers.litellm.entrypoints: web";
  const patch = { file: "compose.yaml", find: entryPoint, replace: [entryPoint, list, middleware].join("\n      ") };
  const found = await inExample("virtual-keys", [patch], (deployment) =>
    whyRefusedByMiddleware(deployment, { router: "litellm@docker", status: 302 }),
  );
  expect(found.cause).toBe(
    "the middleware to-https of the router litellm@docker redirects the request (Traefik answers 302)",
  );
  expect(found.line).toBe(middleware);
});

test("an allow list without rejectStatusCode is named for the status of its refusals", async () => {
  const found = await inExample("allow-list", [], (deployment) =>
    whyOtherStatus(deployment, { router: "deny@file", status: 403 }),
  );
  expect(found.cause).toBe("the middleware nobody has no rejectStatusCode, so that it refuses with 403");
  expect(found.line).toMatch(/^nobody:/);
});

const refused = exchange("https://api.example.dev/key/info", key);

test.for([
  [
    "an allow list that is too wide",
    { file: rules, find: '"0.0.0.0/32"', replace: '"0.0.0.0/0"' },
    "the router deny@file takes what no other one matches, and its middleware nobody lets the client's address through",
    /^nobody:/,
  ],
  [
    "a middleware that is missing",
    { file: rules, find: "      middlewares: [nobody]\n", replace: "" },
    "the router deny@file takes what no other one matches, and no middleware of it refuses anything",
    /^rule: 'Host\(`api\./,
  ],
] as const)("what should be refused and is not names %s", async ([_, patch, cause, line]) => {
  const found = await inExample("allow-list", [patch], (deployment) => whyNotRefused(deployment, refused, "deny@file"));
  expect(found.cause).toBe(cause);
  expect(found.line).toMatch(line);
});

test("a rule that matches too much is named where the router has a condition of its own", async () => {
  const found = await inExample("allow-list", [], (deployment) => whyNotRefused(deployment, refused, "api@file"));
  expect(found).toMatchObject({
    cause: "the rule of router api@file matches the request",
    line: expect.stringMatching(/^rule:/),
  });
});

test.for<[string, string, RegExp]>([
  ["PathPrefix(`/v1/model`)", "/v1/models-admin", /^narrow the rule so that it does not match this path/],
  ["PathPrefix(`/v1/models`)", "/v1/modelsx", /^write Path\(`\/v1\/models`\) in place of PathPrefix/],
  ["PathPrefix(`/v1/models`)", "/v1/models/gpt-5", /^write Path\(.* or open \/v1\/models\/\*\* in the policy$/],
  ["PathRegexp(`^/v1/m`)", "/v1/moderations", /^let PathRegexp\(`\^\/v1\/m`\) end with \$/],
])("a rule that matches too much has a fix: %s and %s", async ([matcher, path, fix]) => {
  const patch = { file: rules, find: "Path(`/v1/models`)", replace: matcher };
  const found = await inExample("allow-list", [patch], (deployment) =>
    whyNotRefused(deployment, exchange(`https://api.example.dev${path}`), "api@file"),
  );
  expect(found.fix).toMatch(fix);
});

test("a look-alike of a path that is open with all below keeps what is below open", async () => {
  const patches = [
    { file: "policy.yaml", find: "paths: [/health/liveliness]", replace: "paths: [/health, /health/**]" },
    { file: rules, find: "Path(`/health/liveliness`)", replace: "PathPrefix(`/health`)" },
  ];
  const fixOf = async (path: string) => {
    const { fix } = await inExample("allow-list", patches, (deployment) =>
      whyNotRefused(deployment, exchange(`https://api.example.dev${path}`), "api@file"),
    );
    return fix;
  };
  // Cases with one fix are shown as one.
  expect(await fixOf("/health-admin")).toBe(await fixOf("/healthx"));
  expect(await fixOf("/healthx")).toBe(
    "write (Path(`/health`) || PathPrefix(`/health/`)) in place of PathPrefix(`/health`)",
  );
});

test("a router without a login is named by its middlewares", async () => {
  const patch = { file: "traefik/dynamic.yaml", find: "[no-forged-identity, login]", replace: "[no-forged-identity]" };
  const found = await inExample("keycloak", [patch], (deployment) =>
    whyNotRefused(deployment, exchange("https://gateway.example.org/ui"), "pages@file"),
  );
  expect(found).toMatchObject({
    cause: "no middleware of the router pages@file asks for a login",
    line: "middlewares: [no-forged-identity]",
  });
});

test.for([
  [
    "[nobody, challenge]",
    "the middleware nobody refuses the request before challenge, which is behind it, can add WWW-Authenticate",
  ],
  ["[nobody]", "no middleware of the router refused@file adds WWW-Authenticate to what it refuses"],
  ["[challenge, nobody]", undefined],
])("the challenge of the middlewares %s", async ([list = "", cause]) => {
  const patch = {
    file: "traefik/dynamic.yaml",
    find: "middlewares: [challenge, nobody]",
    replace: `middlewares: ${list}`,
  };
  const found = await inExample("keycloak", [patch], (deployment) =>
    whyUnchallenged(deployment, { router: "refused@file", status: 401 }),
  );
  expect(found.cause).toBe(cause);
  expect(found.line).toBe(cause && `middlewares: ${list}`);
});

test("a challenge that is added to requests instead of answers is blamed on its own line", async () => {
  const find = "customResponseHeaders:\n          WWW-Authenticate: ";
  const replace = find.replace("Response", "Request");
  const found = await inExample("keycloak", [{ file: "traefik/dynamic.yaml", find, replace }], (deployment) =>
    whyUnchallenged(deployment, { router: "refused@file", status: 401 }),
  );
  expect(found.cause).toBe("the middleware challenge adds WWW-Authenticate to requests, and not to answers");
  expect(found.line).toMatch(/^WWW-Authenticate: /);
});

test("a router for the rest that comes before several others is the one that is wrong", async () => {
  const patch = { file: "traefik/dynamic.yaml", find: "      priority: 1\n", replace: "      priority: 250\n" };
  const found = await inExample("keycloak", [patch], (deployment) =>
    whyNotReached(deployment, exchange("https://gateway.example.org/v1/models"), {
      router: "refused@file",
      status: 401,
    }),
  );
  expect(found.cause).toBe(
    "the router refused takes what no other one matches, and comes before pages and api by its priority 250",
  );
  expect(found.line).toBe("priority: 250");
});

test.for([
  ["a host that no service has", 500, "oauth2-proxi", "http://oauth2-proxi:4180/", "write 'oauth2-proxy'"],
  ["no host that may be known elsewhere", 500, "auth.example.org", undefined, undefined],
  ["nothing where Traefik answers otherwise", 302, "oauth2-proxi", undefined, undefined],
] as const)("a login service that cannot be asked: %s", async ([_, status, host, named, fix]) => {
  const address = "address: http://oauth2-proxy:4180/";
  const patch = { file: "traefik/dynamic.yaml", find: address, replace: `address: http://${host}:4180/` };
  const asked = { ...exchange("https://gateway.example.org/ui"), response: { status } } as Exchange;
  for (const find of [
    (deployment: DeploymentWithTraefik) => whyNotReached(deployment, asked, { router: "pages@file", status }),
    (deployment: DeploymentWithTraefik) => whyRefusedOtherwise(deployment, asked, "pages@file"),
  ]) {
    let found: ReturnType<typeof find>;
    const { line } = await inExample("keycloak", [patch], (deployment) => {
      found = find(deployment);
      return found;
    });
    const cause = `the middleware login asks ${named}, and no service is called '${host}'`;
    if (named === undefined) expect(found?.cause ?? "").not.toContain("no service is called");
    else
      expect({ ...found, line }).toMatchObject({
        cause: expect.stringContaining(cause),
        fix,
        line: `address: ${named}`,
      });
  }
});
