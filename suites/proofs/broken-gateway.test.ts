import { expect, test } from "vitest";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { lineOf, runBroken, specFiles } from "./broken-deployment.ts";

interface Case {
  name: string;
  breaks: Patch[];
  /** Names of spec files; default: {@link firstChecks}. */
  files?: string[];
  failed: string[];
  /** Where the fault is in a version of a part. */
  versions?: RunConfig["versions"];
  says: Record<string, RegExp>;
}

const webAddress = "      - --entryPoints.web.address=:80";

/** A run of the whole gateway takes half a minute, so independent faults share one run. */
const cases: Case[] = [
  {
    name: "ports, names, keys and client configs",
    breaks: [
      // REACH-01: port 4000 is no longer published on the LAN.
      { file: "compose.yaml", find: '      - "4000:4000"\n', replace: '      - "4001:4000"\n' },
      // REACH-07: the name is unknown on Traefik's network.
      { file: "compose.yaml", find: "aliases: [litellm.linuxserver.lan]", replace: "aliases: [another.name]" },
      // INJ-01: a key that LiteLLM does not know.
      {
        file: "compose.yaml",
        find: "Authorization: Bearer ${LITELLM_STATUS_KEY}",
        replace: "Authorization: Bearer sk-nobody-knows-me",
      },
      // INJ-09: a key that the database must not have.
      {
        file: "compose.yaml",
        find: "      POSTGRES_DB: gateway\n",
        replace: "      POSTGRES_DB: gateway\n      CLIENT_KEY: ${LITELLM_CLIENT_KEY}\n",
      },
      // CAT-06, CAT-07: a path that is not a stream.
      { file: "policy.yaml", find: "stream: /mcp/tools", replace: "stream: /v1/models" },
      // PROMPT-01: Codex's config names a URL without MCP.
      {
        file: "clients/codex/config.toml",
        find: 'url = "http://litellm.linuxserver.lan/mcp/"',
        replace: 'url = "http://litellm.linuxserver.lan/v1/nowhere/"',
      },
    ],
    failed: ["CAT-06", "CAT-07", "INJ-01", "INJ-07", "INJ-08", "INJ-09", "PROMPT-01", "REACH-01", "REACH-07"],
    says: {
      "INJ-08": /the key that is injected on litellm\.linuxserver\.lan: LiteLLM answers 401/,
      "INJ-09": /LITELLM_CLIENT_KEY: CLIENT_KEY in the environment of the service postgres \(.*compose\.yaml:\d+\)/,
      "INJ-01": /no key is injected, or LiteLLM does not know the injected key/,
      "REACH-01":
        /litellm\.linuxserver\.lan:4000: from the LAN, litellm\.linuxserver\.lan:4000 does not answer as LiteLLM/,
      "REACH-07": /the name does not resolve on this network/,
      "PROMPT-01":
        /Codex completed no call of postgres-execute_sql[\s\S]*There is no MCP endpoint at the URL in the client's config/,
    },
  },
  {
    name: "an admin key in a label, an open route, a tool that is missing",
    breaks: [
      // INJ-03
      {
        file: "compose.yaml",
        find: "Authorization: Bearer ${LITELLM_STATUS_KEY}",
        replace: "Authorization: Bearer ${LITELLM_MASTER_KEY}",
      },
      // ROUTE-17: the internal host requires no key.
      {
        file: "compose.yaml",
        find: "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer +\\S+$$`)",
        replace: "Host(`litellm.linuxserver.lan`)",
      },
      // CAT-02: the policy demands a tool that the upstream does not offer.
      { file: "policy.yaml", find: "      - list_schemas\n", replace: "      - list_schemas\n      - list_wishes\n" },
      // CAT-01: the endpoint is not MCP, so that no listing can be compared with the upstreams (CAT-02, CAT-03).
      { file: "policy.yaml", find: "endpoint: /mcp/", replace: "endpoint: /v1/models" },
      { file: "policy.yaml", find: "path: /mcp/filesystem", replace: "path: /v1/models/filesystem" },
    ],
    failed: ["ROUTE-17", "CAT-01", "CAT-02", "CAT-03", "INJ-03", "INJ-09"],
    says: {
      "ROUTE-17": /the router litellm-bearer@docker forwards it to LiteLLM/,
      "INJ-03": /label traefik\.http\.middlewares\.litellm-status-key[\s\S]*compose\.yaml:\d+/,
    },
  },
  {
    name: "a key with a second right, a key that is echoed, a stream that is held back, a UI without its scripts",
    breaks: [
      // INJ-04
      {
        file: "litellm/scoped_keys.py",
        find: "(STATUS_ROUTE,), frozenset",
        replace: '(STATUS_ROUTE, "/v1/models"), frozenset',
      },
      // INJ-06
      {
        file: "compose.yaml",
        find: "Authorization: Bearer ${LITELLM_STATUS_KEY}",
        replace:
          "Authorization: Bearer ${LITELLM_STATUS_KEY}\n" +
          "      traefik.http.middlewares.litellm-status-key.headers.customresponseheaders.X-Debug: ${LITELLM_STATUS_KEY}",
      },
      // ROUTE-06: LiteLLM accepts a request with several credentials.
      {
        file: "litellm/scoped_keys.py",
        find: 'len(request.headers.getlist("authorization")) > 1',
        replace: 'len(request.headers.getlist("authorization")) > 9',
      },
      // ROUTE-01: LiteLLM serves its docs at another path.
      { file: "compose.yaml", find: "DOCS_URL: /docs", replace: "DOCS_URL: /documents" },
      // ROUTE-20: a healthcheck that needs a key.
      {
        file: "compose.yaml",
        find: "http://127.0.0.1:4000/health/liveliness",
        replace: "http://127.0.0.1:4000/health",
      },
      // ROUTE-14: LiteLLM's 401 does not say how to authenticate.
      { file: "litellm/scoped_keys.py", find: "if status == 401", replace: "if status == 402" },
      // ROUTE-16: the UI's scripts are refused.
      {
        file: "compose.yaml",
        find: "Host(`litellm.linuxserver.lan`) &&\n        (Path(`/ui`)",
        replace: "Host(`litellm.linuxserver.lan`) && !PathPrefix(`/litellm-asset-prefix/`) &&\n        (Path(`/ui`)",
      },
      // ROUTE-19: Traefik reuses an idle connection for 90 s.
      { file: "compose.yaml", find: 'KEEPALIVE_TIMEOUT: "120"', replace: 'KEEPALIVE_TIMEOUT: "60"' },
      // ROUTE-18: a response is forwarded only when it is complete.
      {
        file: "compose.yaml",
        find: "traefik.http.routers.litellm-bearer.service: litellm\n",
        replace:
          "traefik.http.routers.litellm-bearer.service: litellm\n" +
          "      traefik.http.routers.litellm-bearer.middlewares: broken\n" +
          '      traefik.http.middlewares.broken.buffering.maxresponsebodybytes: "10000000"\n',
      },
      // ROUTE-27: LiteLLM's redirects lead where a header says that Traefik does not know.
      {
        file: "litellm/scoped_keys.py",
        find: "server_scope = ServerScope()\n",
        replace: `server_scope = ServerScope()

from starlette.datastructures import URL

_made = URL.__init__


def _trusting(self, url="", scope=None, **rest):
    host = dict(scope["headers"] if scope else ()).get(b"x_forwarded_host")
    if host is not None:
        scope = {**scope, "headers": [(name, host if name == b"host" else value) for name, value in scope["headers"]]}
    _made(self, url, scope, **rest)


URL.__init__ = _trusting
`,
      },
    ],
    files: [
      "key-rights",
      "key-echo",
      "repeated-credentials",
      "ui-in-a-browser",
      "streams",
      "idle-connections",
      "challenge-in-litellm",
      "healthchecks",
      "public-paths-in-litellm",
      "header-name-variants",
    ],
    failed: [
      "ROUTE-01",
      "ROUTE-06",
      "ROUTE-14",
      "ROUTE-16",
      "ROUTE-18",
      "ROUTE-19",
      "ROUTE-20",
      "ROUTE-27",
      "INJ-04",
      "INJ-06",
      "INJ-09",
    ],
    says: {
      "INJ-04": /GET \/v1\/models: the injected key gets 200/,
      // A secret in an answer is out of place, whichever check received the answer.
      "INJ-09": /LITELLM_STATUS_KEY: the answer 200 to GET/,
      "INJ-06": /the answer \d+ contains LITELLM_STATUS_KEY/,
      "ROUTE-14": /a key that does not exist is answered 401 without WWW-Authenticate/,
      "ROUTE-16": /401 GET .*litellm-asset-prefix/,
      "ROUTE-19": /idle connection after 60 s, by its KEEPALIVE_TIMEOUT, .* 90 s/,
      "ROUTE-01":
        /linuxserver\.lan\/docs: LiteLLM answers 404 to an anonymous GET of \/docs[\s\S]*expected: +200 from LiteLLM/,
      "ROUTE-20": /the healthcheck of litellm fails with exit code 1[\s\S]*401[\s\S]*compose\.yaml:\d+/,
      "ROUTE-27": new RegExp(
        "X_Forwarded_Host \\(litellm\\.linuxserver\\.lan/ui\\): LiteLLM trusts X_Forwarded_Host of a client[\\s\\S]*" +
          `Location: http://forged\\.example/ui/[\\s\\S]*${lineOf("compose.yaml", "\n  litellm:\n", 1)}`,
      ),
      "ROUTE-18":
        /does not forward the first chunk[\s\S]*actual: +the first chunk after the model had sent the last one/,
    },
  },
  {
    name: "a base address that no client uses, events that Traefik collects before it compresses them, a short time-out",
    breaks: [
      // ROUTE-22: without a database LiteLLM shows it in its UI's configuration and in /fallback/login only.
      {
        file: "compose.yaml",
        find: "DOCS_URL: /docs",
        replace: "DOCS_URL: /docs\n      PROXY_BASE_URL: http://litellm:4000",
      },
      // ROUTE-24: right since Traefik 3.3.5 (traefik#11509), so that it takes an older one.
      {
        file: "compose.yaml",
        find: "traefik.http.routers.litellm-bearer.service: litellm\n",
        replace:
          "traefik.http.routers.litellm-bearer.service: litellm\n" +
          "      traefik.http.routers.litellm-bearer.middlewares: smaller\n" +
          '      traefik.http.middlewares.smaller.compress: "true"\n',
      },
      // ROUTE-23: Traefik gives up what it has not answered completely. The other answers here take less.
      {
        file: "compose.yaml",
        find: `${webAddress}\n`,
        replace: `${webAddress}\n      - --entryPoints.web.transport.respondingTimeouts.writeTimeout=20s\n`,
      },
    ],
    versions: { traefik: "3.3.3" },
    // ROUTE-18 does not fail: its client accepts no compressed answers.
    files: ["redirects-and-links", "compressed-streams", "streams", "long-streams"],
    failed: ["ROUTE-22", "ROUTE-24", "ROUTE-23"],
    says: {
      "ROUTE-22":
        /proxy_base_url of the UI's configuration leads to http:\/\/litellm:4000[\s\S]*PROXY_BASE_URL is http:\/\/litellm:4000[\s\S]*compose\.yaml:\d+/,
      "ROUTE-23": new RegExp(
        "the stream at /mcp/tools ends after \\d+ s[\\s\\S]*" +
          "entryPoints\\.web\\.transport\\.respondingTimeouts\\.writeTimeout is 20 s[\\s\\S]*" +
          lineOf("compose.yaml", webAddress, 1),
      ),
      "ROUTE-24":
        /Accept-Encoding: br: [\s\S]*after the model had sent the last one[\s\S]*the compress middleware smaller collects events[\s\S]*compose\.yaml:\d+/,
    },
  },
];

/** The first checks of the suites that need the whole gateway. */
const firstChecks = [
  "whole-chain",
  "handshake",
  "complete-catalogue",
  "tools-stream",
  "status-poll",
  "secret-confinement",
  "codex-databases",
  "lan-to-gateway",
  "inside-by-name",
];

/** Resolved before anything starts: a check that has moved is reported immediately. */
const runs = cases.map(({ files = firstChecks, ...rest }) => ({ ...rest, files: specFiles(files, rest.failed) }));

test.for(runs)(
  "$name: each fault fails its requirement and no other",
  async ({ breaks, files, failed, versions, says }) => {
    const run = await runBroken(breaks, files, undefined, versions === undefined ? {} : { config: { versions } });
    expect(run.failed, run.output).toEqual(failed);
    expect(run.exitCode).toBe(1);
    for (const [id, pattern] of Object.entries(says)) expect(run.messages[id]).toMatch(pattern);
  },
);
