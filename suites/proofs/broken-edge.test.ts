import { afterAll, expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { lineOf, runBroken } from "./broken-deployment.ts";
import { BrokenDeployments } from "./broken-deployments.ts";

const compose = (find: string, replace: string): Patch => ({ file: "compose.yaml", find, replace });

const internalHost = "Host(`litellm.linuxserver.lan`)";
const bearerRule = `${internalHost} && HeaderRegexp(\`Authorization\`, \`(?i)^Bearer +\\S+$$\`)`;
const publicRule = `${internalHost} &&\n        (Path(\`/ui\`) || PathPrefix(\`/ui/\`)`;
const statusRule = `${internalHost} && Method(\`GET\`) && Path(\`/schedule/model_cost_map_reload/status\`)`;
const bearerService = "traefik.http.routers.litellm-bearer.service: litellm\n";
const bearerRouter = "compose\\.yaml:\\d+";

const at = (text: string, below = 0): string => lineOf("compose.yaml", text, below);

/** Adds a router of the internal host that the policy does not know. */
const forgottenRouter = (service: string): Patch =>
  compose(
    bearerService,
    `${bearerService}      traefik.http.routers.forgotten.entrypoints: web\n` +
      `      traefik.http.routers.forgotten.rule: ${internalHost} && Path(\`/metrics\`)\n` +
      `      traefik.http.routers.forgotten.service: ${service}\n`,
  );
/** Adds a middleware to the internal host's router for keys. */
const onBearer = (middleware: string): Patch =>
  compose(
    bearerService,
    `${bearerService}      traefik.http.routers.litellm-bearer.middlewares: broken\n      traefik.http.middlewares.broken.${middleware}\n`,
  );

/** Each case breaks one thing of the reference: exactly these requirements must fail, with a message that names the cause. */
const cases: { name: string; breaks: Patch[]; failed: string[]; says: RegExp }[] = [
  {
    name: "a public path that no router opens",
    breaks: [compose(publicRule, publicRule.replace("Path(`/ui`)", "Path(`/gui`)"))],
    // The path that is open instead is one that nobody meant to open.
    failed: ["ROUTE-01", "ROUTE-21"],
    says: new RegExp(
      `litellm\\.linuxserver\\.lan/ui does not reach LiteLLM[\\s\\S]*the rule of the router litellm-public does not match it[\\s\\S]*${at("litellm-public.rule")}`,
    ),
  },
  {
    name: "a public path without the paths below it",
    breaks: [compose(publicRule, publicRule.replace("PathPrefix(`/ui/`)", "Path(`/ui/`)"))],
    failed: ["ROUTE-02"],
    says: new RegExp(`/ui/index\\.html does not reach LiteLLM[\\s\\S]*${at("litellm-public.rule")}`),
  },
  {
    name: "a prefix that is not a whole path segment",
    breaks: [compose(publicRule, publicRule.replace("PathPrefix(`/ui/`)", "PathPrefix(`/ui`)"))],
    failed: ["ROUTE-03"],
    says: new RegExp(
      `/uix reaches LiteLLM[\\s\\S]*the rule of router litellm-public@docker matches the request[\\s\\S]*${bearerRouter}`,
    ),
  },
  {
    name: "a router that does not require a key",
    breaks: [compose(bearerRule, internalHost)],
    // Everything is open then, and no request hits the router that refuses.
    failed: [
      "ROUTE-03",
      "ROUTE-04",
      "ROUTE-06",
      "ROUTE-08",
      "ROUTE-09",
      "ROUTE-11",
      "ROUTE-12",
      "ROUTE-14",
      "ROUTE-21",
    ],
    says: new RegExp(`the rule of router litellm-bearer@docker matches the request[\\s\\S]*${bearerRouter}`),
  },
  {
    name: "a key that a middleware replaces",
    breaks: [onBearer("headers.customrequestheaders.Authorization: Bearer sk-another")],
    failed: ["ROUTE-05", "INJ-02", "INJ-03"],
    says: new RegExp(`arrived changed[\\s\\S]*${at(bearerService, 2)}`),
  },
  {
    name: "a regular expression that is not anchored",
    breaks: [compose(bearerRule, bearerRule.replace("\\S+$$", "\\S+"))],
    failed: ["ROUTE-06"],
    says: /a space in the token/,
  },
  {
    name: "a scheme in one letter case only",
    breaks: [compose(bearerRule, bearerRule.replace("(?i)", ""))],
    failed: ["ROUTE-07"],
    says: /the scheme in another letter case gets through: failed in 3 of 6 cases/,
  },
  {
    name: "an entry point that the policy names and Traefik lacks",
    breaks: [{ file: "policy.yaml", find: "entry_point: web,", replace: "entry_point: wbe," }],
    failed: ["ROUTE-10"],
    says: /no entry point 'wbe'[\s\S]*policy\.yaml:13[\s\S]*write 'web' in the policy/,
  },
  {
    name: "a rule that opens every path with a parameter",
    breaks: [compose(publicRule, publicRule.replace("(Path(`/ui`)", "(PathRegexp(`;`) || Path(`/ui`)"))],
    failed: ["ROUTE-08", "ROUTE-21"],
    says: /a public path as a parameter/,
  },
  {
    name: "a middleware that drops the client's address",
    breaks: [onBearer('headers.customrequestheaders.X-Real-Ip: ""')],
    failed: ["ROUTE-09", "ROUTE-13"],
    says: /LiteLLM receives no X-Real-Ip/,
  },
  {
    name: "a rule without its host",
    breaks: [compose(bearerRule, bearerRule.replace(`${internalHost} && `, ""))],
    failed: ["ROUTE-10"],
    says: /unknown\.litellm\.linuxserver\.lan|unknown\.example/,
  },
  {
    name: "a router on every entry point",
    breaks: [compose("      traefik.http.routers.litellm-public.entrypoints: web\n", "")],
    failed: ["ROUTE-10"],
    says: /http:\/\/litellm\.linuxserver\.lan:443\/ui reaches LiteLLM[\s\S]*it listens on all of them/,
  },
  {
    name: "a rule for only some methods",
    breaks: [compose(bearerRule, `${bearerRule} && (Method(\`GET\`) || Method(\`POST\`) || Method(\`DELETE\`))`)],
    failed: ["ROUTE-11"],
    says: new RegExp(
      `PUT over HTTP/1\\.1[\\s\\S]*the rule of the router litellm-bearer[\\s\\S]*${at("litellm-bearer.rule")}`,
    ),
  },
  {
    name: "a router that the policy does not know",
    breaks: [forgottenRouter("litellm")],
    failed: ["ROUTE-12", "ROUTE-21"],
    says: /forgotten@docker is claimed by nothing[\s\S]*Path\(`\/metrics`\), priority/,
  },
  {
    name: "a router of the policy's host that the policy does not know, and that serves nothing",
    breaks: [forgottenRouter("noop@internal")],
    failed: ["ROUTE-12"],
    says: /forgotten@docker is claimed by nothing[\s\S]*Path\(`\/metrics`\), priority/,
  },
  {
    name: "an entry point that trusts its clients",
    breaks: [
      compose(
        "      - --entryPoints.web.address=:80\n",
        "      - --entryPoints.web.address=:80\n      - --entryPoints.web.forwardedHeaders.insecure=true\n",
      ),
    ],
    failed: ["ROUTE-13"],
    says: new RegExp(`LiteLLM receives the client's own X-Forwarded-For[\\s\\S]*${at("entryPoints.web.address", 1)}`),
  },
  {
    name: "a client's address that a middleware sets",
    breaks: [onBearer("headers.customrequestheaders.X-Real-Ip: 192.0.2.1")],
    failed: ["ROUTE-13"],
    says: new RegExp(`LiteLLM receives X-Real-Ip: 192\\.0\\.2\\.1[\\s\\S]*${at(bearerService, 2)}`),
  },
  {
    name: "a challenge for callers with a key",
    breaks: [
      compose(
        bearerService,
        `${bearerService}      traefik.http.routers.litellm-bearer.middlewares: litellm-challenge\n`,
      ),
    ],
    failed: ["ROUTE-14"],
    says: /the answer offers WWW-Authenticate: Bearer/,
  },
  {
    name: "another status for refused requests",
    breaks: [compose('rejectstatuscode: "401"', 'rejectstatuscode: "403"')],
    failed: ["ROUTE-14"],
    says: new RegExp(`the answer is 403 with WWW-Authenticate[\\s\\S]*${at("rejectstatuscode")}`),
  },
  {
    name: "no challenge for refused requests",
    breaks: [compose("customresponseheaders.WWW-Authenticate: Bearer", "customresponseheaders.X-Nothing: Bearer")],
    failed: ["ROUTE-14"],
    says: /the answer is 401 without WWW-Authenticate/,
  },
  {
    name: "an entry point that accepts headers of any size",
    breaks: [
      compose(
        "      - --entryPoints.web.address=:80\n",
        "      - --entryPoints.web.address=:80\n      - --entryPoints.web.http.maxHeaderBytes=8388608\n",
      ),
    ],
    failed: ["ROUTE-15"],
    says: new RegExp(
      `a header of more than a megabyte.*Traefik forwards it to LiteLLM[\\s\\S]*${at("entryPoints.web.address", 1)}`,
    ),
  },
  {
    name: "a limit on the size of bodies",
    breaks: [onBearer('buffering.maxrequestbodybytes: "1000000"')],
    failed: ["ROUTE-18"],
    says: new RegExp(`a buffering middleware limits bodies[\\s\\S]*${at(bearerService, 2)}`),
  },
  {
    name: "another credential than the policy's, as an alternative of a rule",
    breaks: [
      compose(bearerRule, `${bearerRule.replace("HeaderRegexp(", "(QueryRegexp(`key`, `^sk-`) || HeaderRegexp(")})`),
    ],
    failed: ["ROUTE-21"],
    says: new RegExp(
      `\\?key=sk- reaches LiteLLM without the credential[\\s\\S]*Host.*QueryRegexp\\(.key., .\\^sk-.\\) alone satisfies the rule[\\s\\S]*${bearerRouter}`,
    ),
  },
  {
    name: "a service that does not pass the client's host",
    breaks: [
      compose(
        '      traefik.http.services.litellm.loadbalancer.server.port: "4000"\n',
        '      traefik.http.services.litellm.loadbalancer.server.port: "4000"\n' +
          '      traefik.http.services.litellm.loadbalancer.passhostheader: "false"\n',
      ),
    ],
    failed: ["ROUTE-22"],
    says: /LiteLLM receives Host: .*\n[\s\S]*passHostHeader is false[\s\S]*compose\.yaml:\d+/,
  },
  {
    name: "a middleware that lets pages of every origin in",
    breaks: [
      compose(
        "litellm-refused.middlewares: litellm-challenge,litellm-nobody",
        "litellm-refused.middlewares: pages,litellm-challenge,litellm-nobody\n" +
          "      traefik.http.middlewares.pages.headers.accesscontrolalloworiginlist: '*'\n" +
          "      traefik.http.middlewares.pages.headers.accesscontrolallowmethods: POST",
      ),
    ],
    failed: ["ROUTE-25"],
    says: /Traefik lets pages of every origin call[\s\S]*compose\.yaml:\d+/,
  },
  {
    name: "a file provider without its file",
    breaks: [
      compose(
        "      - --entryPoints.web.address=:80\n",
        "      - --entryPoints.web.address=:80\n      - --providers.file.filename=/etc/traefik/dynamic.yml\n",
      ),
    ],
    failed: ["ROUTE-26"],
    says: /provider file[\s\S]*no such file[\s\S]*compose\.yaml:\d+/,
  },
  {
    name: "a key that is injected under a prefix",
    breaks: [compose(statusRule, statusRule.replace("Path(", "PathPrefix("))],
    failed: ["ROUTE-21", "INJ-02"],
    says: new RegExp(`^(?=[\\s\\S]*GET \\S+ \\S*status/below)[\\s\\S]*gets the injected key[\\s\\S]*${bearerRouter}`),
  },
  {
    name: "a key that is injected on the other host's public paths",
    breaks: [
      compose(
        "traefik.http.routers.litellm-public-ext.service: litellm\n",
        "traefik.http.routers.litellm-public-ext.service: litellm\n" +
          "      traefik.http.routers.litellm-public-ext.middlewares: litellm-status-key\n",
      ),
    ],
    failed: ["INJ-02"],
    says: /GET litellm\.ai-servicers\.com \/ui/,
  },
  {
    name: "a key that is injected for every method",
    breaks: [compose(statusRule, statusRule.replace(" && Method(`GET`)", ""))],
    failed: ["INJ-02"],
    says: /with (POST|PUT|PATCH|DELETE|OPTIONS|TRACE|PROPFIND) gets the injected key/,
  },
  {
    name: "an injecting router that another one outranks",
    breaks: [compose('routers.litellm-status.priority: "200"', 'routers.litellm-status.priority: "40"')],
    failed: ["INJ-05"],
    says: new RegExp(`none of them the injected key[\\s\\S]*${at("litellm-status.priority")}`),
  },
  {
    name: "a secret in another service's environment",
    breaks: [
      compose(
        "    restart: unless-stopped\n    command:\n      - --providers.docker=true",
        // biome-ignore format: as in the file
        "    restart: unless-stopped\n    environment:\n      LEAKED: ${OPENAI_API_KEY}\n    command:\n      - --providers.docker=true",
      ),
    ],
    failed: ["INJ-09"],
    says: new RegExp(
      `OPENAI_API_KEY: LEAKED in the environment of edge/traefik[\\s\\S]*${at("restart: unless-stopped", 2)}`,
    ),
  },
];

const broken = new BrokenDeployments();
afterAll(async () => await broken[Symbol.asyncDispose]());

test.concurrent.for(cases)("$name fails exactly its requirement", async ({ breaks, failed, says }) => {
  const result = await broken.edge(breaks);
  expect(result.undecided).toEqual([]);
  expect(result.failed, JSON.stringify(result.messages, null, 2)).toEqual(failed);
  expect(failed.map((id) => result.messages[id]).join("\n")).toMatch(says);
});

test.concurrent("for the gateway as the status document describes it, exactly its weaknesses fail", async () => {
  const result = await broken.edge([], "deployments/as-found");
  expect(result.undecided).toEqual([]);
  expect(result.failed, JSON.stringify(result.messages, null, 2)).toEqual([
    "ROUTE-01",
    "ROUTE-02",
    "ROUTE-03",
    "ROUTE-06",
    "ROUTE-07",
    "ROUTE-10",
    "ROUTE-12",
    "ROUTE-14",
    "ROUTE-21",
    "INJ-02",
    "INJ-03",
    "INJ-09",
  ]);
});

test("an entry point on a port that nobody calls is a failure of each check that calls it", async () => {
  const { failed, messages, undecided } = await broken.edge([
    compose("--entryPoints.web.address=:80", "--entryPoints.web.address=:81"),
  ]);
  expect(undecided).toEqual([]);
  expect(failed).toEqual(expect.arrayContaining(["ROUTE-01", "ROUTE-05", "ROUTE-10"]));
  expect(messages["ROUTE-05"]).toMatch(
    /no entry point is published on port 80, by which clients call litellm\.linuxserver\.lan[\s\S]*web on 81[\s\S]*compose\.yaml:\d+/,
  );
});

test("TLS options that nothing defines are the cause of each request that ends in the handshake", async () => {
  const withOptions = ["public", "bearer", "refused"].map((name) => {
    const tls = `traefik.http.routers.litellm-${name}-ext.tls`;
    return compose(`      ${tls}: "true"\n`, `      ${tls}: "true"\n      ${tls}.options: strong@file\n`);
  });
  const { failed, messages, undecided } = await broken.edge(withOptions);
  expect(undecided).toEqual([]);
  expect(failed).toEqual(expect.arrayContaining(["ROUTE-01", "ROUTE-05", "ROUTE-11", "ROUTE-26"]));
  for (const id of ["ROUTE-01", "ROUTE-05", "ROUTE-06", "ROUTE-11"])
    expect
      .soft(messages[id], id)
      .toMatch(/names the TLS options 'strong@file', which nothing defines[\s\S]*compose\.yaml:\d+/);
});

test("a users file that nothing mounts is explained by its option; one on a mount without its source may be the host's", async () => {
  const socket = "      - /var/run/docker.sock:/var/run/docker.sock:ro\n";
  const id = "ROUTE-26/loaded-without-errors";
  const users = onBearer("basicauth.usersfile: /auth/users.txt");
  const mounted = [users, compose(socket, `${socket}      - ./auth:/auth:ro\n`)];
  const [unmounted, onMount] = await Promise.all(
    [[users], mounted].map((patches) => broken.checks(patches, "deployments/reference", [id])),
  );
  expect(unmounted?.[id]).toMatch(/open \/auth\/users\.txt: no such file[\s\S]*compose\.yaml:\d+/);
  expect(onMount?.[id]).toBe("passed");
});

test("nothing of the unbroken reference fails", async () => {
  expect(await broken.edge([])).toEqual({ failed: [], messages: {}, undecided: [] });
});

test("a deployment that fails a requirement ends a run with exit code 1", async () => {
  const run = await runBroken(
    [compose(publicRule, publicRule.replace("PathPrefix(`/ui/`)", "PathPrefix(`/ui`)"))],
    ["suites/routes/access/path-boundaries.spec.ts"],
  );
  expect(run.failed, run.output).toEqual(["ROUTE-03"]);
  expect(run.exitCode, run.output).toBe(1);
});

test("a rule that Traefik refuses is a failure with file and line", async () => {
  const result = await broken.edge([compose(bearerRule, "Host(`litellm.linuxserver.lan`")]);
  expect(result.failed).toContain("ROUTE-12");
  expect(result.messages["ROUTE-12"]).toMatch(/litellm-bearer[\s\S]*compose\.yaml:\d+/);
});

test("a flag that Traefik refuses is exit code 2 with file and line, before anything starts", async () => {
  const run = await runBroken([compose("--accessLog=true", "--acessLog=true")], ["suites/routes"]);
  expect(run.exitCode, run.output).toBe(2);
  expect(run.output).toMatch(/compose\.yaml:\d+: .+; .+/);
  expect(run.failed).toBeUndefined();
});
