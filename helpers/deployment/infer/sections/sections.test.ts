import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { type DeploymentView, deploymentView } from "../deployment-view.ts";
import { smallDeployment } from "../small-deployment.ts";
import { findClients, variablesOf } from "./clients.ts";
import { stateDockerSocket } from "./docker-socket.ts";
import { stateFirewall } from "./firewall.ts";
import { literalKeyQuestions } from "./literal-keys.ts";
import { modelPatterns, stateModels } from "./models.ts";
import { ownCodex } from "./own-codex.ts";
import { stateReach } from "./reach.ts";
import { secretKind } from "./secret-kinds.ts";
import { stateSecrets } from "./secrets.ts";
import { stateUpstreams } from "./upstreams.ts";

const compose = `
services:
  proxy:
    image: traefik:v3.5.3
    command: [--providers.docker=true, "--entryPoints.web.address=:80", "--entryPoints.websecure.address=:443"]
    ports: ["80:80", "443:443"]
    environment: { CF_DNS_API_TOKEN: "\${CF_TOKEN}" }
    networks: { edge: { aliases: [ai.lan] } }
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: [--config, /app/config.yaml]
    env_file: litellm.env
    environment: { DATABASE_URL: "postgresql://llm:\${PG_PASSWORD}@db:5432/llm", LITELLM_SALT_KEY: "\${SALT_KEY}" }
    volumes: [./config.yaml:/app/config.yaml:ro]
    ports: ["4000:4000"]
    networks: [edge, data]
    labels: { "traefik.http.middlewares.key.headers.customrequestheaders.Authorization": "Bearer \${STATUS_KEY}" }
  db:
    image: postgres:17
    environment: { POSTGRES_PASSWORD: "\${PG_PASSWORD}" }
    networks: [data]
networks: { edge: {}, data: { internal: true } }
`;
const env = `MASTER_KEY=sk-master-000000
STATUS_KEY=sk-status-000000
OPENAI_API_KEY=openai-0000000
PG_PASSWORD=database-00000
CF_TOKEN=cloudflare-000
SALT_KEY=salt-000000000
MCP_DSN=postgresql://reader:other-password@db:5432/app
LOG_LEVEL=INFO
BASE_URL=https://ai.example.org
`;
const config = `
model_list:
  - { model_name: gpt-5, litellm_params: { model: openai/gpt-5, api_key: os.environ/OPENAI_API_KEY } }
  - { model_name: "openai/*", litellm_params: { model: "openai/*" } }
mcp_servers:
  db: { transport: stdio, command: postgres-mcp, env: { DATABASE_URI: os.environ/MCP_DSN } }
  files: { transport: stdio, command: npx, args: ["-y", "@modelcontextprotocol/server-filesystem@2025.8.21", /srv/files] }
  notes: { transport: http, url: "http://notes.elsewhere:8000/mcp" }
general_settings: { master_key: os.environ/MASTER_KEY }
`;

function viewOf(files: Readonly<Record<string, string>> = {}): DeploymentView {
  using deployment = smallDeployment({ "compose.yaml": compose, "litellm.env": env, "config.yaml": config, ...files });
  const view = deploymentView(readFacts(deployment.folder));
  if (typeof view === "string") throw new Error(`no ${view}`);
  return view;
}

test("the services are found by their images", () => {
  const { litellm, traefik } = viewOf();
  expect([litellm.key, traefik?.key]).toEqual(["litellm", "proxy"]);
});

test("secrets by their use, with the places that use them", () => {
  const uses = { inClients: new Set<string>(), injected: new Set(["STATUS_KEY"]) };
  const stated = stateSecrets(viewOf(), uses).map(({ value: { name, kind, may_be_in } }) => [name, kind, may_be_in]);
  expect(stated).toEqual([
    ["MASTER_KEY", "api-key", ["litellm.environment"]],
    ["STATUS_KEY", "api-key", ["litellm.environment", "traefik.labels", "traefik.api"]],
    ["OPENAI_API_KEY", "api-key", ["litellm.environment"]],
    ["PG_PASSWORD", "password", ["litellm.environment", "db.environment"]],
    ["CF_TOKEN", "password", ["litellm.environment", "proxy.environment"]],
    ["SALT_KEY", "salt", ["litellm.environment"]],
    ["MCP_DSN", "postgres-url", ["litellm.environment", "upstream.environment"]],
  ]);
});

test("a salt belongs to each LiteLLM that has it, and to nothing else", () => {
  const second =
    "  second: { image: 'ghcr.io/berriai/litellm:v1.83.7-stable', env_file: litellm.env }\n  db:\n    env_file: litellm.env\n";
  const view = viewOf({ "compose.yaml": compose.replace("  db:\n", second) });
  const salt = stateSecrets(view, { inClients: new Set(), injected: new Set() }).find(
    ({ value }) => value.kind === "salt",
  );
  expect(salt?.value.may_be_in).toEqual(["litellm.environment", "second.environment"]);
});

test("a salt that LiteLLM does not have is a password, wherever it is", () => {
  const web = '  web: { image: langfuse/langfuse:3, environment: { SALT: "${SALT_KEY}" } }\n  db:\n';
  const own = compose
    .replace("  db:\n", web)
    .replace("    env_file: litellm.env\n", "")
    .replace(/, LITELLM_SALT_KEY: "[^"]*"/, "");
  const files = { "compose.yaml": own, "config.yaml": "model_list: []", ".env": env };
  const stated = stateSecrets(viewOf(files), { inClients: new Set(), injected: new Set() });
  const expected = { name: "SALT_KEY", kind: "password", may_be_in: ["web.environment"] };
  expect(stated.map(({ value }) => value)).toContainEqual(expected);
});

test("a salt that LiteLLM has in its env file, and does not use, is a password", () => {
  const more = `${env}WEB_SALT=of-another-service\n`;
  const stated = stateSecrets(viewOf({ "litellm.env": more }), { inClients: new Set(), injected: new Set() });
  const expected = { name: "WEB_SALT", kind: "password", may_be_in: ["litellm.environment"] };
  expect(stated.map(({ value }) => value)).toContainEqual(expected);
});

test("a secret of compose is stated once, and a certificate is no secret", () => {
  const secrets =
    "secrets: { pw: { environment: APP_PASSWORD }, site_cert: { file: site.crt }, site_key: { file: site.key }, site_cert_password: { file: site.pw } }\n";
  const files = {
    "compose.yaml": `${secrets}${compose.replace("    image: postgres:17\n", "    image: postgres:17\n    secrets: [pw, site_cert, site_key, site_cert_password]\n")}`,
    ".env": `${env}APP_PASSWORD=only-in-a-file\n`,
    "site.crt": "-",
    "site.key": "-",
    "site.pw": "-",
  };
  const stated = stateSecrets(viewOf(files), { inClients: new Set(), injected: new Set() });
  const inDatabase = ["db.environment"];
  expect(stated.map(({ value }) => value).filter(({ name }) => /^(?:APP|pw|site)/.test(name))).toEqual([
    { name: "pw", in: "compose-secret", kind: "password", may_be_in: inDatabase },
    { name: "site_key", in: "compose-secret", kind: "api-key", may_be_in: inDatabase },
    { name: "site_cert_password", in: "compose-secret", kind: "password", may_be_in: inDatabase },
  ]);
});

test("no secret's value is stated", () => {
  const stated = JSON.stringify(stateSecrets(viewOf(), { inClients: new Set(), injected: new Set() }));
  for (const line of env.split("\n").filter((one) => /KEY|PASSWORD|TOKEN|DSN/.test(one)))
    expect(stated).not.toContain(line.slice(line.indexOf("=") + 1));
});

test("keys in the files themselves are questions, by their places", () => {
  const own = compose.replace('POSTGRES_PASSWORD: "${PG_PASSWORD}"', "POSTGRES_PASSWORD: written-here-1");
  const view = viewOf({
    "compose.yaml": own,
    "config.yaml": config.replace("os.environ/MASTER_KEY", "sk-written-here-2"),
  });
  expect(literalKeyQuestions(view).map((text) => text.split(" is a key")[0])).toEqual([
    "general_settings.master_key in config.yaml",
    "POSTGRES_PASSWORD of db in compose.yaml:20",
  ]);
  expect(literalKeyQuestions(viewOf())).toEqual([]);
});

test.each([
  ["API_KEY", "sk-1234567", "api-key"],
  ["KEY_FILE", "/run/secrets/key", undefined],
  ["SECRET", "", "password"],
  ["SECRET", "file:///run/secrets/one", undefined],
  ["DATABASE_URL", "postgresql://u:p@h/d", "postgres-url"],
  ["DATABASE_URL", "postgresql://u@h/d", undefined],
  ["PROXY_BASE_URL", "https://ai.example.org", undefined],
  ["MAX_TOKENS", "4096", undefined],
  ["TS_AUTHKEY", "tskey-auth-1", "api-key"],
  ["ZEROSSL_HMAC", "x1y2z3", "password"],
  ["LANGFUSE_PUBLIC_KEY", "x1y2z3", undefined],
  ["LANGFUSE_KEY", "pk-lf-1234", undefined],
  ["LITELLM_SALT_KEY", "x1y2z3", "salt"],
  ["LITELLM_MASTER_KEY", "op://Private/LiteLLM/master key", "api-key"],
  ["LITELLM_MASTER_KEY", "ENC[AES256_GCM,data:AAAA]", "api-key"],
  ["AWS_BEARER_TOKEN_BEDROCK", "abc", "password"],
  ["DASHBOARD_CREDENTIALS", "admin:$apr1$x$y", undefined],
  ["MAIL_CREDENTIALS", "user@example.org:word", "password"],
])("the kind of %s=%s is %s", (name, value, kind) => {
  expect(secretKind(name, value)).toBe(kind);
});

test("a service that has the engine's socket next to Traefik is stated, with a question", () => {
  const mount = "/var/run/docker.sock:/var/run/docker.sock";
  const own = compose
    .replace("volumes: [./config.yaml:/app/config.yaml:ro]", `volumes: [./config.yaml:/app/config.yaml:ro, ${mount}]`)
    .replace("image: traefik:v3.5.3", `image: traefik:v3.5.3\n    volumes: [${mount}]`);
  const stated = stateDockerSocket(viewOf({ "compose.yaml": own }));
  expect(stated.map(({ value }) => value)).toEqual(["litellm"]);
  expect(stated[0]?.questions).toEqual([expect.stringContaining("is litellm meant to have the engine's socket?")]);
  expect(stateDockerSocket(viewOf())).toEqual([]);
});

test("upstreams: the DSN's variable, the directory, the version of the command, and what runs elsewhere", () => {
  const known = {
    versionsOf: (name: string) => (name === "postgres-mcp" ? ["0.3.0"] : []),
    toolsOf: (name: string) => (name === "files" ? ["read_file"] : undefined),
    exampleOf: (tool: string) => ({ tool, arguments: {}, contains: "a known text" }),
  };
  expect(stateUpstreams(viewOf(), known).map(({ value }) => value)).toEqual([
    { name: "db", version: "0.3.0", database: "MCP_DSN", tools: [] },
    { name: "files", directory: "/srv/files", tools: ["read_file"] },
    { name: "notes", left_out: "notes.elsewhere runs in none of these files" },
  ]);
});

const ofDocker = "/usr/bin/docker:/usr/bin/docker, /var/run/docker.sock:/var/run/docker.sock";

test.each([
  [
    "python3",
    '["-m", "own.news_server", "sk-secret"]',
    "it starts python3 -m own.news_server, and no file says which package has that",
  ],
  [
    "/usr/bin/node",
    '["/srv/mcp/index.js"]',
    "it starts node /srv/mcp/index.js, and no file says which package has that",
  ],
  ["docker", '["exec", "-i", "pdf", "node"]', "it starts docker exec, and no file says which package has that"],
  ["docker", '["run", "-i", "--rm", "ghcr.io/acme/mcp:1.2"]', "no file says which package is in ghcr.io/acme/mcp:1.2"],
])("a server in no package is left out with what starts it: %s %s", (command, args, reason) => {
  const server = `  own: { transport: stdio, command: ${command}, args: ${args} }\n`;
  const view = viewOf({
    "compose.yaml": compose.replace("volumes: [./config.yaml", `volumes: [${ofDocker}, ./config.yaml`),
    "config.yaml": config.replace("mcp_servers:\n", `mcp_servers:\n${server}`),
  });
  expect(stateUpstreams(view, unasked)[0]).toEqual({
    value: { name: "own", left_out: reason },
    questions: [
      expect.stringMatching(/[Ww]ith `stand_in: true` and `tools:` a server of the suite's own takes its place$/),
    ],
  });
});

test.each([
  ["uvx", '["time-mcp"]', "which version of time-mcp runs? None is named, so each start gets the newest"],
  [
    "uvx",
    '["--offline", "time-mcp"]',
    "which version of time-mcp runs? None is named, so it is the one that the gateway has already",
  ],
])("the version of a server that a launcher starts is asked for: %s %s", (command, args, question) => {
  const server = `  own: { transport: stdio, command: ${command}, args: ${args} }\n`;
  const view = viewOf({ "config.yaml": config.replace("mcp_servers:\n", `mcp_servers:\n${server}`) });
  expect(stateUpstreams(view, unasked)[0]?.questions).toContain(question);
});

test.each([
  ["npx", '["-y", "mcp-remote@0.1.29", "https://mcp.example.org/sse"]', "mcp.example.org"],
  ["npx", '["-y", "supergateway", "--streamableHttp", "https://n8n.example.org/mcp/a"]', "n8n.example.org"],
  ["/usr/local/bin/mcp-proxy", '["--transport=streamablehttp", "http://10.0.0.5:8000/mcp"]', "10.0.0.5"],
])("a stdio server that leads elsewhere is left out: %s %s", (command, args, host) => {
  const server = `  far: { transport: stdio, command: ${command}, args: ${args} }\n`;
  const view = viewOf({ "config.yaml": config.replace("mcp_servers:\n", `mcp_servers:\n${server}`) });
  expect(stateUpstreams(view, unasked)[0]).toEqual({
    value: { name: "far", left_out: `it leads to ${host}, which runs in none of these files` },
    questions: [expect.stringContaining("`stand_in: true`")],
  });
});

test("a bridge to a service of the deployment, or from a server of its own, leads nowhere else", () => {
  const args = [
    '["-y", "mcp-remote@0.1.29", "http://litellm:8000/sse"]',
    '["-y", "supergateway@3.4.3", "--stdio", "x", "--baseUrl", "https://example.org"]',
  ];
  const servers = args
    .map((own, index) => `  own${index}: { transport: stdio, command: npx, args: ${own} }\n`)
    .join("");
  const view = viewOf({ "config.yaml": config.replace("mcp_servers:\n", `mcp_servers:\n${servers}`) });
  expect(
    stateUpstreams(view, unasked)
      .slice(0, 2)
      .map(({ value }) => value.left_out),
  ).toEqual([undefined, undefined]);
});

test("an upstream whose address is a placeholder of init is left out without it", () => {
  const view = viewOf({ "config.yaml": config.replace("notes.elsewhere", "placeholder.invalid") });
  const notes = stateUpstreams(view, unasked).find(({ value }) => value.name === "notes");
  expect(notes?.value.left_out).toBe("no file gives its address");
});

test("an upstream whose profile is off is left out with its profile", () => {
  const off = "  notes: { image: notes, profiles: [extra, all] }\n";
  const view = viewOf({
    "compose.yaml": compose.replace("services:\n", `services:\n${off}`),
    "config.yaml": config.replace("notes.elsewhere", "notes"),
  });
  expect(stateUpstreams(view, unasked).find(({ value }) => value.name === "notes")).toEqual({
    value: { name: "notes", left_out: "notes runs with the profile extra or all only" },
    questions: [expect.stringMatching(/^is the profile extra or all on where the gateway runs\?/)],
  });
});

test.each([
  [
    "v1.106.2",
    'url: "http://127.0.0.1:4000", ',
    /^LiteLLM makes its tools from an OpenAPI document \(spec_path\), and/,
  ],
  ["v1.106.2", "", /^LiteLLM makes its tools from an OpenAPI document \(spec_path\), and/],
  ["v1.77.1", 'url: "http://127.0.0.1:4000", ', /^127\.0\.0\.1 runs in none of these files$/],
])("a server whose tools are operations of an OpenAPI document is left out: %s %s", (tag, url, reason) => {
  const admin = `  admin: { ${url}spec_path: /app/openapi.json }\n`;
  const view = viewOf({
    "compose.yaml": compose.replace("main-v1.77.1", tag),
    "config.yaml": config.replace("mcp_servers:\n", `mcp_servers:\n${admin}`),
  });
  expect(stateUpstreams(view, unasked)[0]?.value).toEqual({ name: "admin", left_out: expect.stringMatching(reason) });
});

/** Nothing is known of the upstreams beyond the files. */
const unasked = { versionsOf: () => [], toolsOf: () => undefined, exampleOf: () => undefined };

test("an upstream whose tools the suite does not know gets the call whose result is known", () => {
  const own = config.replace(/ {2}db: .*\n {2}files: .*\n/, "").replace("notes.elsewhere", "db");
  const view = viewOf({ "config.yaml": own });
  const example = { tool: "get_topics", arguments: {}, contains: "Topics of the notes" };
  const known = { ...unasked, toolsOf: () => ["get_topics"], exampleOf: () => example };
  expect(stateUpstreams(view, known)).toMatchObject([
    {
      value: { name: "notes", tools: ["get_topics"], example },
      remarks: ["A call that clients of the suite make: two results of get_topics contained this text."],
    },
  ]);
  const hint = "With `example`, a call with a known result, the checks of clients are proved too.";
  expect(stateUpstreams(view, unasked)).toMatchObject([{ value: { name: "notes" }, remarks: [hint] }]);
  expect(stateUpstreams(viewOf(), unasked).flatMap(({ remarks = [] }) => remarks)).toEqual([]);
});

test.each([
  ["DATABASE_URL", "general_settings:"],
  ["LITELLM_DATABASE_URL", "general_settings: { database_url: os.environ/LITELLM_DATABASE_URL }\nignored:"],
])(
  "MCP servers of containers that no config names are likely to be in LiteLLM's database: %s",
  (variable, settings) => {
    const own = compose.replace("DATABASE_URL", variable).replace(
      "networks: { edge: {}, data",
      `  mcp-time: { image: mcp/time, expose: [8000], networks: [data] }
  other: { image: other, expose: [9000], networks: [data] }
networks: { edge: {}, data`,
    );
    const view = viewOf({ "compose.yaml": own, "config.yaml": config.replace("general_settings:", settings) });
    const stated = stateUpstreams(view, unasked);
    expect(stated.at(-1)?.value).toEqual({
      name: "time",
      in: "database",
      url: "http://mcp-time:8000/mcp",
      transport: "http",
      tools: [],
    });
    expect(stated.at(-1)?.questions?.[0]).toMatch(/^is mcp-time registered in LiteLLM's database/);
    const missing = new Map([["mcp-time", "no image"]]);
    const names = stateUpstreams(view, unasked, missing);
    expect(names.map(({ value }) => value.name)).not.toContain("time");
  },
);

test("LiteLLM is not an upstream of itself, whatever its Dockerfile installs", () => {
  const own = compose.replace(
    "    image: ghcr.io/berriai/litellm:main-v1.77.1\n",
    "    build: .\n    expose: [4000]\n",
  );
  const dockerfile = "FROM ghcr.io/berriai/litellm:main-v1.77.1\nRUN pip install fastmcp\n";
  const stated = stateUpstreams(viewOf({ "compose.yaml": own, Dockerfile: dockerfile }), unasked);
  expect(stated.map(({ value }) => value.name)).not.toContain("litellm");
});

const pattern = `  - { model_name: "openai/*", litellm_params: { model: "openai/*" } }\n`;

test("models with every provider's model behind the name, and none where a pattern offers more", () => {
  const second = `  - { model_name: gpt-5, litellm_params: { model: azure/gpt-5-eu } }\n`;
  const named = viewOf({ "config.yaml": config.replace(pattern, second) });
  expect(stateModels(named).map(({ value }) => value)).toEqual([
    { name: "gpt-5", provider_model: ["gpt-5", "gpt-5-eu"] },
  ]);
  const view = viewOf();
  expect(stateModels(view)).toEqual([]);
  expect(modelPatterns(view)).toEqual(["openai/*"]);
});

const master = { value: { name: "MASTER_KEY", kind: "api-key" } } as const;
const aiLan = { name: "ai.lan", scheme: "http", zone: "internal" } as const;

test("a Codex with the suite's own config, where the files say that it works", () => {
  const context = { hosts: [aiLan], secrets: [master], isOnTheLan: true };
  const value = { name: "codex", kind: "codex", key: "MASTER_KEY", model: "gpt-5" };
  expect(ownCodex(viewOf(), context).stated?.value).toEqual(value);
  const opened = { ...aiLan, access: [{ paths: ["/v1/**", "/mcp/"], who: "litellm" as const }] };
  expect(ownCodex(viewOf(), { ...context, hosts: [opened] }).stated?.value).toEqual(value);
  const chatsOnly = { ...aiLan, access: [{ paths: ["/v1/chat/completions", "/mcp/"], who: "litellm" as const }] };
  expect(ownCodex(viewOf(), { ...context, hosts: [chatsOnly] }).reasonWithout).toBe(
    "no internal host lets POST /v1/responses and /mcp/ through with one key",
  );
  const outside = { ...aiLan, name: "ai.example.org", zone: "external" } as const;
  expect(ownCodex(viewOf(), { ...context, hosts: [outside] }).stated?.value).toEqual(value);
  expect(ownCodex(viewOf(), { ...context, hosts: [chatsOnly, outside] }).reasonWithout).toMatch(
    /^no internal host lets/,
  );
  expect(ownCodex(viewOf(), { ...context, isOnTheLan: false }).reasonWithout).toMatch(/no port on the LAN/);
  expect(ownCodex(viewOf(), { ...context, secrets: [] }).reasonWithout).toMatch(/holds LiteLLM's master key/);
  const patterns = viewOf({ "config.yaml": config.replace(/ {2}- .*gpt-5.*\n/, "") });
  expect(ownCodex(patterns, context).stated?.value.model).toBe("openai/gpt-5");
  const embeddings = viewOf({
    "config.yaml": config.replaceAll("gpt-5", "text-embedding-3-small").replace(pattern, ""),
  });
  expect(ownCodex(embeddings, context).reasonWithout).toBe(
    "LiteLLM's config names no model for chats: text-embedding-3-small is taken for another kind by 'embed' in its name",
  );
  const withoutModels = viewOf({ "config.yaml": config.replace(/model_list:\n(?: {2}- .*\n)+/, "") });
  expect(ownCodex(withoutModels, context).reasonWithout).toBe(
    "LiteLLM's config names no model, and which ones are in LiteLLM's database is in no file",
  );
});

test("reach: published ports by zone, and services that share a network", () => {
  const { rules: stated } = stateReach(viewOf(), {
    hosts: [
      { name: "ai.lan", entry_point: "web", scheme: "http", zone: "internal" },
      { name: "ai.example.org", entry_point: "websecure", scheme: "https", zone: "external" },
    ],
    entryPoints: [
      { name: "web", port: 80 },
      { name: "websecure", port: 443 },
    ],
    // Traefik's pings: nothing but another network keeps its neighbours away from them.
    ownPort: 8080,
    hasFirewall: false,
  });
  expect(stated.map(({ value }) => value)).toEqual([
    { from: "lan", to: "gateway-host", as: "ai.lan", ports: [80, 4000] },
    { from: "outside", to: "gateway-host", as: "ai.example.org", ports: [443] },
    { from: "proxy", to: "litellm", ports: [4000] },
    { from: "litellm", to: "proxy", as: "ai.lan", ports: [80, 443, 8080] },
    { from: "litellm", to: "db", ports: [5432] },
    { from: "db", to: "litellm", ports: [4000] },
    { from: "litellm", to: "outside", ports: [443, 8000] },
  ]);
  expect(stated[0]?.questions?.[0]).toMatch(
    /^no firewall is in the deployment, so what is published \(80, 443, 4000\) is open/,
  );
});

test("reach: a database's image with another entry point is a job, which listens nowhere", () => {
  const job = compose.replace(
    "  db:\n",
    "  job:\n    image: postgres:17\n    entrypoint: [sh, /init.sh]\n    networks: [data]\n  db:\n",
  );
  const { rules: stated } = stateReach(viewOf({ "compose.yaml": job }), {
    hosts: [],
    entryPoints: [],
    hasFirewall: false,
  });
  const reached = stated.map(({ value: { from, to } }) => `${from} to ${to}`);
  expect(reached).toContain("job to db");
  expect(reached).not.toContain("litellm to job");
});

test("reach: on the host's own network, what Traefik and LiteLLM listen on is open as published ports are", () => {
  const onHost = compose
    .replace('    ports: ["80:80", "443:443"]\n', "    network_mode: host\n")
    .replace("    networks: { edge: { aliases: [ai.lan] } }\n", "")
    .replace('    ports: ["4000:4000"]\n    networks: [edge, data]\n', "    network_mode: host\n");
  const { rules: stated } = stateReach(viewOf({ "compose.yaml": onHost }), {
    hosts: [{ name: "ai.lan", entry_point: "web", scheme: "http", zone: "internal" }],
    entryPoints: [
      { name: "web", port: 80 },
      { name: "behind", port: 18443, address: "127.0.0.1" },
    ],
    hasFirewall: false,
  });
  expect(stated.map(({ value }) => value)).toContainEqual({
    from: "lan",
    to: "gateway-host",
    as: "ai.lan",
    ports: [80, 4000],
  });
  expect(JSON.stringify(stated), "another program of the host is in front of it").not.toContain("18443");
});

test("clients by their config files, wherever they lie", () => {
  using deployment = smallDeployment({
    "compose.yaml": "services: { litellm: { image: 'ghcr.io/berriai/litellm:v1.77.1', ports: ['8400:4000'] } }",
    "home/.codex/config.toml": '[mcp_servers.x]\nurl = "https://ai.lan/mcp/"\nbearer_token_env_var = "CLIENT_KEY"\n',
    "docs/mcp.json":
      '{ "mcpServers": { "x": { "url": "http://ai.lan/mcp/", "headers": { "Authorization": "Bearer ${KEY}" } } } }',
    "chat.env": "OPENAI_API_BASE_URL=http://ai.lan/v1\nOPENAI_API_KEY=x\n",
    "other.json": '{ "mcpServers": { "x": { "url": "http://elsewhere/mcp/" } } }',
    "on-the-host.json": '{ "mcpServers": { "x": { "url": "http://localhost:8400/mcp/" } } }',
    ".vscode/mcp.json":
      '{ "servers": { "x": { "url": "http://ai.lan/mcp/", "headers": { "x-litellm-api-key": "${env:EDITOR_KEY}" } } } }',
    "other-port.json": '{ "mcpServers": { "x": { "url": "http://localhost:8401/mcp/" } } }',
    "package.json": '{ "homepage": "http://ai.lan" }',
  });
  const view = deploymentView(readFacts(deployment.folder));
  if (typeof view === "string") throw new Error(`no ${view}`);
  const found = findClients(view, ["ai.lan"]);
  expect(found.map(({ stated }) => stated.value)).toEqual([
    { name: "claude", kind: "claude", config: ".vscode/mcp.json" },
    { name: "open-webui", kind: "open-webui", from: "traefik-network", config: "chat.env" },
    { name: "claude-2", kind: "claude", config: "docs/mcp.json" },
    { name: "codex", kind: "codex", config: "home/.codex/config.toml" },
    { name: "claude-3", kind: "claude", config: "on-the-host.json" },
  ]);
  expect(found.flatMap(variablesOf)).toEqual(["EDITOR_KEY", "KEY", "CLIENT_KEY"]);
});

test("the firewall's interfaces and how it denies", () => {
  using deployment = smallDeployment({
    "host.nft": `table inet t {
      counter from_lan { }
      chain c { iifname "lan0" counter name from_lan goto refused
        iifname "wan0" counter name from_wan drop
        counter name rest reject }
      chain refused { reject with tcp reset }
    }\n`,
  });
  expect(stateFirewall(deployment.folder)?.value).toEqual({
    file: "host.nft",
    interfaces: { lan: "lan0", outside: "wan0" },
    denials: [
      { from: "lan", by: "refuse", counter: "from_lan" },
      { from: "outside", by: "drop", counter: "from_wan" },
      { from: "services", by: "refuse", counter: "rest" },
    ],
  });
});
