import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { notePlan } from "../services/plan-notes.ts";
import { stdioServers } from "../services/stdio-servers.ts";
import { makeCanaries } from "../source/canaries.ts";
import { NoteList } from "../source/note-list.ts";
import { findProjects } from "./files/projects.ts";
import { hostValues } from "./host/host-values.ts";
import { inferFromFiles } from "./infer-from-files.ts";
import { inferPolicy } from "./infer-policy.ts";
import type { PolicyDraft } from "./policy-input.ts";
import { policyText } from "./policy-text.ts";
import { smallDeployment } from "./small-deployment.ts";

/** Writes what stands for the host's files. */
function writeStandIns(folder: string, { standIns }: ReturnType<typeof hostValues>): void {
  for (const { file, text } of standIns) writeFileSync(join(folder, file), text);
}

async function draftOf(
  files: Readonly<Record<string, string>>,
  missing: ReadonlyMap<string, string> = new Map(),
  whenWritten?: (folder: string, draft: PolicyDraft) => Promise<void>,
): Promise<PolicyDraft> {
  using deployment = smallDeployment(files);
  const { folder } = deployment;
  const projects = findProjects(folder);
  const host = hostValues(folder, projects);
  writeStandIns(folder, host);
  const inference = await inferFromFiles({ folder, projects, host, versions: undefined, versionsOf: () => [] });
  const draft = inferPolicy({ ...inference, missing });
  await whenWritten?.(folder, draft);
  return draft;
}

test("the name in labels for a Traefik of another folder is the host's, and the Traefik is asked for", async () => {
  const { hosts, questions } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels: { traefik.http.routers.llm.rule: "Host(\`llm.example.org\`)" }
`,
  });
  expect(hosts.map(({ value }) => [value.name, value.access])).toEqual([["llm.example.org", [{ who: "litellm" }]]]);
  expect(questions.join("\n")).toMatch(/where is Traefik\? .* for llm\.example\.org \(.*compose\.yaml:4\)/);
});

test("of several LiteLLMs the one that serves MCP is meant, and the others that clients call are asked for", async () => {
  const models = `  models:
    image: ghcr.io/berriai/litellm:v1.92.0
    command: --config /app/config.yaml
    ports: ["4000:4000"]
    labels: { traefik.http.routers.models.rule: "Host(\`models.example.org\`)" }
    volumes: ["./models.yaml:/app/config.yaml"]
`;
  const migration = "  migration: { image: 'ghcr.io/berriai/litellm:v1.92.0', command: prisma migrate deploy }\n";
  const tools = `  tools:
    image: ghcr.io/berriai/litellm:v1.92.0
    command: --config /etc/litellm/config.yaml
    volumes: ["./tools:/etc/litellm"]
`;
  const files = {
    "compose.yaml": `services:\n${migration}${models}${tools}`,
    "models.yaml": "model_list: []\n# mcp_servers: none\n",
    "tools/config.yaml": "mcp_servers: { news: { url: 'https://news.example.org/mcp' } }\n",
  };
  const { services, questions, upstreams } = await draftOf(files);
  expect(services?.litellm).toBe("tools");
  expect(upstreams.map(({ value }) => value.name)).toEqual(["news"]);
  expect(questions.filter((question) => question.startsWith("who calls"))).toEqual([
    "who calls models (compose.yaml:3)? It is a LiteLLM too, and the run has tools only; `services: { litellm: models }` proves it in place of that one",
  ]);
  const withoutTools = await draftOf({ ...files, "compose.yaml": `services:\n${migration}${models}` });
  expect(withoutTools.services?.litellm).toBe("models");
  expect(withoutTools.questions.filter((question) => question.startsWith("who calls"))).toEqual([]);
});

test.each([
  "http://localhost:4000",
  "http://127.0.0.1:4000",
  "http://gw.localhost",
  "http://[::1]:4000",
  "http://0.0.0.0:4000",
])("%s is not taken for the name of a gateway", async (url) => {
  const { hosts } = await draftOf({
    "compose.yaml": `services: { litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", ports: ["4000:4000"], environment: { PROXY_BASE_URL: "${url}" } } }\n`,
  });
  expect(hosts.map(({ value }) => value.name)).toEqual(["litellm.internal"]);
});

test.each([
  ["websecure", 443, "https"],
  ["public", 443, "https"],
  ["web", 80, "http"],
])(
  "without any host, the placeholder has the scheme of the entry point that there is: %s",
  async (name, port, scheme) => {
    const { hosts } = await draftOf({
      "compose.yaml": `services:
  traefik: { image: "traefik:v3.5.3", command: ["--providers.docker", "--entrypoints.${name}.address=:${port}"] }
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels: { traefik.http.routers.llm.rule: "PathPrefix(\`/\`)" }
`,
    });
    expect(hosts.map(({ value }) => [value.name, value.entry_point, value.scheme])).toEqual([
      ["litellm.internal", name, scheme],
    ]);
  },
);

const otherService = `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, "--entrypoints.web.address=:80"]
    ports: ["80:80"]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
  blog: { image: "ghost:5", labels: { traefik.http.routers.blog.rule: "Host(\`blog.example.org\`)" } }
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    ports: ["127.0.0.1:4000:4000"]
`;

const turnedOff =
  /is litellm meant to be behind Traefik\? .* for llm\.example\.org \(.*compose\.yaml:\d+\).*enable is false/;

test.each([
  ["", "no label at all", expect.not.stringMatching(turnedOff)],
  [
    '    labels: { traefik.enable: "false", traefik.http.routers.llm.rule: "Host(`llm.example.org`)" }\n',
    "labels that Traefik leaves out",
    expect.stringMatching(turnedOff),
  ],
])("a Traefik that stands before other services only is stated as such: %s(%s)", async (labels, _, asked) => {
  const { services, hosts, questions, dockerSocket } = await draftOf({ "compose.yaml": `${otherService}${labels}` });
  expect(services).toEqual({ traefik: false });
  expect(hosts.map(({ value }) => [value.name, value.entry_point])).toEqual([["litellm.internal", undefined]]);
  expect(hosts[0]?.questions?.[0]).toMatch(/no rule of Traefik leads to LiteLLM, so LiteLLM is asked directly/);
  expect(questions.join("\n")).not.toMatch(/where is Traefik/);
  expect(questions.join("\n")).toEqual(asked);
  expect(dockerSocket).toEqual([]);
});

const twoTraefiks = (first: string): string => `services:
  inside:
    ${first}
    command: [--providers.docker, "--entrypoints.web.address=:80"]
    ports: ["192.168.1.10:443:80"]
    volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
  admin:
    image: traefik:v3.5.3
    ports: ["192.168.8.10:443:443"]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels: { traefik.http.routers.llm.rule: "Host(\`llm.lan\`)", traefik.http.services.llm.loadbalancer.server.port: "4000" }
`;

test.each([
  ["an image with a name of its own", "image: registry.lan/edge-traefik:v3.5.3", {}],
  [
    "a base that an argument names",
    "build: { context: ., args: { VERSION: v3.5.3 } }",
    { Dockerfile: "ARG VERSION\nARG BASE=traefik:${VERSION}\nFROM ${BASE}\n" },
  ],
])("Traefik is found by %s, and the other Traefik is asked for", async (_, first, files) => {
  const { services, hosts, reach, questions } = await draftOf({ "compose.yaml": twoTraefiks(first), ...files });
  expect(services).toEqual({ traefik: "inside" });
  expect(hosts.map(({ value }) => [value.name, value.entry_point])).toEqual([["llm.lan", "web"]]);
  expect(questions.join("\n")).toMatch(
    /which hosts does admin \(compose\.yaml:\d+\) serve\? .* the run has inside only/,
  );
  const asked = [...questions, ...reach.flatMap((rule) => rule.questions ?? [])].join("\n");
  expect(asked, "the same port at another address is another one").toMatch(
    /port 443 of admin is published on 192\.168\.8\.10/,
  );
  expect(asked).not.toMatch(/of inside is published/);
});

test("a Traefik is found by the place of its static configuration", async () => {
  const { services } = await draftOf({
    "compose.yaml": twoTraefiks("image: registry.lan/edge:v3.5.3")
      .replace("volumes: [", "volumes: [./t.yml:/etc/traefik/traefik.yml, ")
      .replace(/ {2}admin:\n.*\n.*\n/, "")
      .replace(/ {4}command: .*\n/, ""),
    "t.yml": "entryPoints: { web: { address: ':80' } }\nproviders: { docker: {} }\n",
  });
  expect(services).toEqual({ traefik: "inside" });
});

test("published ports are asked for where no host is reached by one", async () => {
  const { reach, questions } = await draftOf({
    "compose.yaml": `services:
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1" }
  web: { image: "caddy:2", ports: ["443:443"] }
`,
  });
  expect(reach.flatMap((rule) => rule.questions ?? [])).toEqual([]);
  expect(questions).toContainEqual("port 443 of web is published on every address: who may use it?");
});

test.each([
  ["image: lucaslorentz/caddy-docker-proxy:2.9", {}],
  ["build: .", { Dockerfile: "FROM caddy:2-builder AS b\nFROM caddy:2\n" }],
  ["{ image: 'registry.lan/web:1', volumes: ['./Caddyfile:/etc/caddy/Caddyfile'] }", { Caddyfile: "" }],
])("a proxy that the files have is not asked for: %s", async (proxy, files) => {
  const { questions } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels: { caddy: ai.example.org, caddy.reverse_proxy: "{{upstreams 4000}}" }
  web: ${proxy.startsWith("{") ? proxy : `{ ${proxy} }`}
`,
    ...files,
  });
  expect(questions.join("\n")).toMatch(
    /what does Caddy \(compose\.yaml:5\) let through\? LiteLLM's service is made for it for ai\.example\.org \(compose\.yaml:4\)/,
  );
  expect(questions.join("\n")).not.toMatch(/where is Caddy|do clients come through/);
});

test("a LiteLLM that has labels for Traefik is meant to be behind it, also where no rule leads there", async () => {
  const labels = '    labels: { traefik.http.routers.llm.rule: "Hots(`llm.example.org`)" }\n';
  const { services, hosts } = await draftOf({ "compose.yaml": `${otherService}${labels}` });
  expect(services).toBeUndefined();
  expect(hosts[0]?.value.entry_point).toBe("web");
});

test("a LiteLLM whose address a file of Traefik's has is meant to be behind it, also where the rule is wrong", async () => {
  const file = `http:
  routers: { llm: { rule: "Hots(\`llm.example.org\`)", service: llm } }
  services: { llm: { loadBalancer: { servers: [{ url: "http://litellm:4000" }] } } }
`;
  const compose = otherService
    .replace("[--providers.docker,", "[--providers.docker, --providers.file.directory=/dynamic,")
    .replace("volumes: [", 'volumes: ["./dynamic:/dynamic", ');
  const { services } = await draftOf({ "compose.yaml": compose, "dynamic/llm.yml": file });
  expect(services).toBeUndefined();
});

test("a service without an image is left out with its MCP server, and asked for; the rest stays", async () => {
  const files = {
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: [--config, /app/config.yaml]
    ports: ["4000:4000"]
    volumes: ["./config.yaml:/app/config.yaml"]
  notes: { image: "registry.example.org/notes:1" }
  search: { image: "registry.example.org/search:1" }
`,
    "config.yaml": `general_settings: { master_key: os.environ/KEY }
mcp_servers:
  notes: { url: "http://notes:8000/mcp", transport: http }
  search: { url: "http://search:8000/mcp", transport: http }
`,
  };
  const { parts, upstreams } = await draftOf(files, new Map([["notes", "no registry answers"]]));
  expect([...parts.keys()]).toEqual(["notes"]);
  expect(parts.get("notes")).toMatchObject({
    value: { left_out: expect.stringContaining("image") },
    remarks: ["no registry answers"],
  });
  expect(upstreams.map(({ value }) => [value.name, value.left_out !== undefined])).toEqual([
    ["notes", true],
    ["search", false],
  ]);
});

const apart = `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, "--entrypoints.web.address=:80"]
    ports: ["80:80"]
    networks: [edge]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels: { traefik.http.routers.llm.rule: "Host(\`llm.example.org\`)" }
    networks: [data]
networks: { edge: {}, data: {} }
`;

test.each([
  ["no network", apart, 1],
  ["a network", apart.replace("[data]", "[data, edge]"), 0],
  ["the host's networks", apart.replace("networks: [edge]", "network_mode: host"), 0],
])("a Traefik that shares %s with the LiteLLM that it serves", async (_, compose, count) => {
  const { toFix } = await draftOf({ "compose.yaml": compose });
  const asked = toFix.filter((question) => question.startsWith("which network do traefik"));
  expect(asked).toHaveLength(count);
  for (const question of asked)
    expect(question).toMatch(
      /traefik is on gateway_edge, litellm is on gateway_data, so Traefik does not reach LiteLLM/,
    );
});

test("a secret is stated for the places that use its variable, although others have the same value", async () => {
  const { secrets } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { LITELLM_MASTER_KEY: "\${MASTER_KEY}", DATABASE_URL: "postgresql://litellm:\${DB_PASSWORD}@db:5432/litellm" }
    labels: { traefik.http.routers.litellm.rule: "Host(\`litellm.example.org\`)" }
  db: { image: "postgres:17", environment: { POSTGRES_PASSWORD: "\${DB_PASSWORD}", POSTGRES_DB: litellm } }
  proxy: { image: "traefik:v3.5.3", environment: { CF_DNS_API_TOKEN: "\${CF_API_TOKEN}" } }
`,
    ".env": "MASTER_KEY=sk-litellm\nDB_PASSWORD=litellm\nCF_API_TOKEN=litellm\n",
  });
  expect(secrets.map(({ value: { name, may_be_in } }) => [name, may_be_in])).toEqual([
    ["MASTER_KEY", ["litellm.environment"]],
    ["DB_PASSWORD", ["litellm.environment", "db.environment"]],
    ["CF_API_TOKEN", ["proxy.environment"]],
  ]);
});

test("a variable is a secret by the key that it fills, whatever its name is", async () => {
  const { secrets } = await draftOf({
    "compose.yaml": `services:
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", environment: ["DATABASE_URL=\${LITELLM_DB}", "MODE=\${MODE}"] }
  db: { image: "postgres:17", environment: { POSTGRES_PASSWORD: "\${SUPERPASS}", POSTGRES_USER: "\${MODE}" } }
`,
  });
  expect(secrets.map(({ value: { name, kind, may_be_in } }) => [name, kind, may_be_in])).toEqual([
    ["LITELLM_DB", "postgres-url", ["litellm.environment"]],
    ["SUPERPASS", "password", ["db.environment"]],
  ]);
});

test("a variable is a secret by the key of LiteLLM's config that reads it, whatever its name is", async () => {
  const { secrets } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:v1.92.0
    command: --config /app/config.yaml
    volumes: ["./config.yaml:/app/config.yaml"]
    env_file: .env
    environment: ["CRM=\${CRM_LOGIN}"]
`,
    ".env":
      "SEARCH_PAT=search-pat-0000\nCRM_LOGIN=crm-login-00000\nADDRESS=http://search:8000/mcp\nWHO=an-app-of-ours\n",
    "config.yaml": `model_list: []
mcp_servers:
  search: { url: os.environ/ADDRESS, auth_type: bearer_token, auth_value: os.environ/SEARCH_PAT }
  crm: { url: "http://crm:8000/mcp", auth_type: oauth2_token_exchange, client_id: os.environ/WHO, client_secret: os.environ/CRM }
`,
  });
  expect(secrets.map(({ value: { name, kind, may_be_in } }) => [name, kind, may_be_in])).toEqual([
    ["SEARCH_PAT", "password", ["litellm.environment"]],
    ["CRM_LOGIN", "password", ["litellm.environment"]],
  ]);
});

test("a password is stated for the service whose DSN compose makes of it, although a variable has the same DSN", async () => {
  const { secrets } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { DATABASE_URL: "postgresql://llm:\${DB_PASSWORD}@db:5432/llm" }
  chat: { image: "ghcr.io/open-webui/open-webui:main", environment: { DATABASE_URL: "\${OWN_DSN}" } }
`,
    ".env": "DB_PASSWORD=database-00000\nOWN_DSN=postgresql://llm:${DB_PASSWORD}@db:5432/llm\n",
  });
  expect(secrets.map(({ value: { name, may_be_in } }) => [name, may_be_in])).toEqual([
    ["DB_PASSWORD", ["litellm.environment"]],
    ["OWN_DSN", ["chat.environment"]],
  ]);
});

const withDefaults = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: [--config, /app/config.yaml]
    ports: ["4000:4000"]
    volumes: ["./config.yaml:/app/config.yaml"]
    environment:
      LITELLM_MASTER_KEY: "\${ADMIN:-replaceme}"
      LITELLM_SALT_KEY: "\${LITELLM_SALT_KEY:-replaceme}"
      DATABASE_URL: "postgresql://llm:\${DB_PASSWORD:-replaceme}@db:5432/llm"
      UI_PASSWORD: replaceme
      REDIS_PASSWORD: "\${REDIS_PASSWORD:-}"
  db: { image: "postgres:17", environment: { POSTGRES_PASSWORD: "\${DB_PASSWORD:-replaceme}", POSTGRES_DB: llm, POSTGRES_USER: llm } }
`;

test("a variable that is a key but for its beginning is a secret, whatever its name", async () => {
  const { secrets } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: ["LITELLM_MASTER_KEY=sk-\${MATERIAL}", "STAGE=north-\${STAGE_NAME}"]
`,
    ".env": "MATERIAL=0123456789abcdef\nSTAGE_NAME=production\n",
  });
  expect(secrets.map(({ value: { name, kind } }) => [name, kind])).toEqual([["MATERIAL", "api-key"]]);
});

test("a router to LiteLLM on an entry point that Traefik does not have is asked for, and its host is the gateway's", async () => {
  const { hosts, toFix } = await draftOf({
    "compose.yaml": `services:
  traefik: { image: "traefik:v3.5.3", command: [--providers.docker, --entrypoints.http.address=:80, --entrypoints.https.address=:443] }
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels:
      traefik.http.routers.llm.rule: Host(\`llm.example.org\`)
      traefik.http.routers.llm.entrypoints: websecure
      traefik.http.routers.llm.tls: "true"
`,
  });
  expect(hosts.map(({ value }) => [value.name, value.entry_point, value.scheme])).toEqual([
    ["llm.example.org", "https", "https"],
  ]);
  expect(toFix).toEqual([
    "on which entry point is the router llm@docker meant to be? It names websecure (compose.yaml:7), and Traefik has http, https: it " +
      "serves the router nowhere",
  ]);
});

test("a secret that compose demands and no file sets is stated by its variable, and not called a key in the file", async () => {
  const compose = withDefaults.replaceAll(":-replaceme}", ":?set it}");
  const { secrets, toFix, variables } = await draftOf(
    { "compose.yaml": compose, "config.yaml": "{}\n", ".env": "REGION=north\n" },
    new Map(),
    loadDraft,
  );
  expect(secrets.map(({ value: { name, kind } }) => [name, kind])).toEqual([
    ["ADMIN", "api-key"],
    ["LITELLM_SALT_KEY", "salt"],
    ["DB_PASSWORD", "password"],
  ]);
  expect([...variables]).toEqual([]);
  expect(toFix.filter((question) => !question.startsWith("UI_PASSWORD"))).toEqual([]);
});

test("secrets with defaults are stated by their variables, with one question", async () => {
  const config = `model_list: [{ model_name: gpt-5, litellm_params: { model: openai/gpt-5 } }]
general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }
`;
  const files = { "compose.yaml": withDefaults, "config.yaml": config };
  const { secrets, toFix, clients } = await draftOf(files, new Map(), loadDraft);
  expect(secrets.map(({ value: { name, kind, may_be_in } }) => [name, kind, may_be_in])).toEqual([
    ["ADMIN", "api-key", ["litellm.environment"]],
    ["LITELLM_SALT_KEY", "salt", ["litellm.environment"]],
    ["DB_PASSWORD", "password", ["litellm.environment", "db.environment"]],
  ]);
  expect(clients.map(({ value }) => value)).toEqual([{ name: "codex", kind: "codex", key: "ADMIN", model: "gpt-5" }]);
  expect(toFix.slice(0, 2)).toEqual([
    "ADMIN (compose.yaml:8), LITELLM_SALT_KEY (compose.yaml:9), DB_PASSWORD (compose.yaml:10) have defaults in the compose files, " +
      "and every reader of the files knows them: are they set where the gateway runs?",
    expect.stringMatching(/^UI_PASSWORD of litellm in compose\.yaml:11 is a key in the file itself/),
  ]);
  expect(toFix.join("\n").match(/is a key in the file itself/g)).toHaveLength(1);
  // With the env file in the folder, what it leaves out has its default on the host too.
  const own = await draftOf({ ...files, ".env": "REGION=north\n" });
  expect(own.secrets).toEqual([]);
  expect(own.toFix.join("\n")).toMatch(/LITELLM_MASTER_KEY of litellm .* is a key in the file itself/);
});

test("a text that stands for a key where none is needed is not called a key, and the default of one has no question", async () => {
  const compose = withDefaults
    .replace(
      "UI_PASSWORD: replaceme",
      'VLLM_API_KEY: EMPTY\n      OPENAI_API_KEY: "${OPENAI_API_KEY:-sk-no-key-required}"',
    )
    .replaceAll(":-replaceme}", ":?set it}");
  const config = "model_list: [{ model_name: a, litellm_params: { model: openai/a, api_key: sk-no-key-required } }]\n";
  const noLiterals = async (folder: string, draft: PolicyDraft): Promise<void> => {
    writeFileSync(join(folder, "policy.yaml"), policyText(draft));
    expect((await loadDeployment(folder)).literals).toEqual([]);
  };
  const files = { "compose.yaml": compose, "config.yaml": config };
  expect((await draftOf(files, new Map(), noLiterals)).toFix).toEqual([]);
  expect((await draftOf({ ...files, ".env": "REGION=north\n" }, new Map(), noLiterals)).toFix).toEqual([]);
});

test("a master key that LiteLLM's Dockerfile sets is a key in the file: asked for at its line, and replaced by a canary", async () => {
  const { secrets, toFix } = await draftOf(
    {
      "compose.yaml": "services: { litellm: { build: ., ports: ['4000:4000'] } }\n",
      Dockerfile: `FROM ghcr.io/berriai/litellm:main-v1.106.2
ENV LITELLM_MASTER_KEY=sk-of-the-image-0001
COPY config.yaml /app/config.yaml
CMD ["--config", "/app/config.yaml"]
`,
      "config.yaml": "model_list: [{ model_name: gpt-5, litellm_params: { model: openai/gpt-5 } }]\n",
    },
    new Map(),
    async (folder, draft) => {
      writeFileSync(join(folder, "policy.yaml"), policyText(draft));
      const { policy, literals } = await loadDeployment(folder);
      expect(literals.map(({ name, location: { line } }) => [name, line])).toEqual([
        ["the variable LITELLM_MASTER_KEY of litellm", 2],
      ]);
      const { secrets: replace } = makeCanaries(policy, new Map(), literals);
      const run = await loadDeployment(folder, { replace, literals });
      expect(run.litellmConfig.masterKey).toMatch(/^sk-canary-/);
      expect(run.litellm.environment.get("LITELLM_MASTER_KEY")?.value).toBe(run.litellmConfig.masterKey);
    },
  );
  expect(secrets).toEqual([]);
  expect(toFix).toEqual([
    expect.stringMatching(/^LITELLM_MASTER_KEY of litellm in Dockerfile:2 is a key in the file itself/),
  ]);
});

test("a script of the operator's is part of the run with what LiteLLM's image has, and is left out with the module that it lacks", async () => {
  const started: unknown[] = [];
  const { upstreams } = await draftOf(
    {
      "compose.yaml": `services:
  litellm:
    build: .
    command: [--config, /app/config.yaml]
    environment: { LITELLM_MASTER_KEY: "\${LITELLM_MASTER_KEY:?set it}" }
`,
      Dockerfile: "FROM ghcr.io/berriai/litellm:main-v1.77.1\nRUN pip install fastmcp\nCOPY . /app/\n",
      "one.py": "import fastmcp\n",
      "two.py": "import pandas\n",
      "config.yaml": `mcp_servers:
  one: { transport: stdio, command: python, args: [/app/one.py] }
  two: { transport: stdio, command: python, args: [/app/two.py] }
`,
    },
    new Map(),
    async (folder, draft) => {
      writeFileSync(join(folder, "policy.yaml"), policyText(draft));
      started.push(...stdioServers(await loadDeployment(folder)).map(({ server }) => server));
    },
  );
  expect(upstreams.map(({ value }) => value)).toEqual([
    { name: "one", tools: [] },
    { name: "two", left_out: "its script imports pandas, and no file says which package has that" },
  ]);
  expect(started).toEqual([
    expect.objectContaining({
      command: "python",
      script: { packages: [expect.objectContaining({ name: "fastmcp" })], missing: [] },
    }),
  ]);
});

test("a Node.js script is part of the run with what npm has, and is left out with the file and line of what nothing has", async () => {
  const started: unknown[] = [];
  const notes: string[] = [];
  const { upstreams } = await draftOf(
    {
      "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: [--config, /app/config.yaml]
    environment: { LITELLM_MASTER_KEY: "\${LITELLM_MASTER_KEY:?set it}" }
    volumes: ["./config.yaml:/app/config.yaml", "./mcp:/app/mcp"]
`,
      "mcp/one.mjs": 'import "zod";\n',
      "mcp/two.ts": 'import "zod";\n',
      "mcp/three.mjs": 'import "zod";\nimport "./gone.mjs";\n',
      "config.yaml": `mcp_servers:
  one: { transport: stdio, command: node, args: [/app/mcp/one.mjs] }
  two: { transport: stdio, command: npx, args: [-y, tsx@4.20.6, /app/mcp/two.ts] }
  three: { transport: stdio, command: node, args: [/app/mcp/three.mjs] }
`,
    },
    new Map(),
    async (folder, draft) => {
      writeFileSync(join(folder, "policy.yaml"), policyText(draft));
      const deployment = await loadDeployment(folder);
      started.push(...stdioServers(deployment).map(({ server }) => server));
      const list = new NoteList();
      notePlan(deployment, list);
      notes.push(...list.notes.map(({ what }) => what));
      const named = draft.upstreams.map((one) => ({ ...one, value: { name: one.value.name, tools: ["any"] } }));
      writeFileSync(join(folder, "policy.yaml"), policyText({ ...draft, upstreams: named }));
      await expect(loadDeployment(folder)).rejects.toThrow(
        /the upstream 'three' can't start in a run: its script imports \.\/gone\.mjs \(.*three\.mjs:2\), a file that is missing; add/,
      );
    },
  );
  expect(upstreams.map(({ value }) => value)).toEqual([
    { name: "one", tools: [] },
    { name: "two", tools: [] },
    {
      name: "three",
      left_out: expect.stringMatching(/^its script imports \.\/gone\.mjs \(.*three\.mjs:2\), a file that is missing$/),
    },
  ]);
  expect(upstreams[0]?.questions).toContainEqual(expect.stringMatching(/^which version of zod does its script use\?/));
  const modules = expect.objectContaining({ directory: "/app/mcp", newest: ["zod"] });
  expect(started).toEqual([
    expect.objectContaining({
      command: "node",
      script: expect.objectContaining({ node: expect.objectContaining({ program: "node", modules }) }),
    }),
    expect.objectContaining({
      command: "tsx",
      packages: [expect.objectContaining({ name: "tsx", version: "4.20.6" })],
      script: expect.objectContaining({ node: { modules, isInImage: false } }),
    }),
  ]);
  expect(notes).toContainEqual(
    "what the script of one imports is installed before the run: zod, in the newest version where no file names one",
  );
});

test("a server that LiteLLM's container has no program for is left out, and the run installs none", async () => {
  const installed: string[] = [];
  const { upstreams } = await draftOf(
    {
      "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: [--config, /app/config.yaml]
    environment: { LITELLM_MASTER_KEY: "\${LITELLM_MASTER_KEY:?set it}" }
    volumes: ["./config.yaml:/app/config.yaml"]
`,
      "config.yaml": "mcp_servers: { time: { transport: stdio, command: docker, args: [run, -i, --rm, mcp/time] } }\n",
    },
    new Map(),
    async (folder, draft) => {
      const stated = draft.upstreams.map((one) => ({
        ...one,
        value: { name: one.value.name, tools: ["convert_time"] },
      }));
      writeFileSync(join(folder, "policy.yaml"), policyText({ ...draft, upstreams: stated }));
      installed.push(...stdioServers(await loadDeployment(folder)).map(({ upstream }) => upstream.name));
    },
  );
  expect(upstreams.map(({ value }) => value)).toEqual([
    { name: "time", left_out: "LiteLLM can't start it: its image has no Docker client" },
  ]);
  expect(installed).toEqual([]);
});

/** A run replaces each secret by a canary of its own, and finds none of them as text in the files. */
async function loadDraft(folder: string, draft: PolicyDraft): Promise<void> {
  writeFileSync(join(folder, "policy.yaml"), policyText(draft));
  const asWritten = await loadDeployment(folder);
  expect(asWritten.literals).toEqual([]);
  const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  const { secrets } = makeCanaries(asWritten.policy, originals);
  const { litellm, compose } = await loadDeployment(folder, { replace: secrets });
  const environmentValue = (name: string): string | undefined => litellm.environment.get(name)?.value;
  expect(environmentValue("LITELLM_MASTER_KEY")).toBe(secrets.get("ADMIN"));
  expect(environmentValue("LITELLM_MASTER_KEY")).toMatch(/^sk-canary-/);
  expect(environmentValue("LITELLM_SALT_KEY")).toBe(secrets.get("LITELLM_SALT_KEY"));
  expect(environmentValue("DATABASE_URL")).toBe(`postgresql://llm:${secrets.get("DB_PASSWORD")}@db:5432/llm`);
  expect(compose.services.get("db")?.environment.get("POSTGRES_PASSWORD")?.value).toBe(secrets.get("DB_PASSWORD"));
  expect(new Set(secrets.values()).size).toBe(3);
  expect([environmentValue("UI_PASSWORD"), environmentValue("REDIS_PASSWORD")]).toEqual(["replaceme", ""]);
}

test("a host that Traefik serves by a port of the machine is LiteLLM's where LiteLLM publishes that port", async () => {
  const { hosts, questions, reach } = await draftOf({
    "ai/compose.yaml": `services:
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", ports: ["4000:4000"] }
`,
    "edge/compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--entryPoints.web.address=:80, --providers.file.directory=/rules]
    volumes: [./rules:/rules]
    ports: ["80:80"]
`,
    "edge/rules/ai.yml": `http:
  routers:
    ai: { rule: "Host(\`ai.lan\`)", service: ai }
    nas: { rule: "Host(\`nas.lan\`)", service: nas }
  services:
    ai: { loadBalancer: { servers: [{ url: "http://192.168.1.10:4000" }] } }
    nas: { loadBalancer: { servers: [{ url: "http://192.168.1.10:5000" }] } }
`,
  });
  expect(hosts.map(({ value }) => [value.name, value.access])).toEqual([["ai.lan", [{ who: "litellm" }]]]);
  expect(questions[0]).toBe(
    "does http://192.168.1.10:4000 (edge/rules/ai.yml:6) lead to litellm, which publishes this port? The run leads Traefik " +
      "there without the host",
  );
  expect(reach.map(({ value }) => value)).toContainEqual({ from: "traefik", to: "litellm", ports: [4000] });
});

test("LiteLLM's database is asked for its servers, also where its config names it", async () => {
  const { questions } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: --config /app/config.yaml
    volumes: [./config.yaml:/app/config.yaml:ro]
    environment: { LITELLM_MASTER_KEY: sk-1, PG: "postgresql://llm@db/llm" }
`,
    "config.yaml": "general_settings: { database_url: os.environ/PG }\n",
  });
  expect(questions.join("\n")).toMatch(/which MCP servers are registered in LiteLLM's database\?/);
});

test.each([
  ["./rules", "./edge/rules"],
  ["/srv/rules", "/srv/rules"],
])("files of Traefik's file provider that are not in the folder are asked for: %s", async (source, place) => {
  const { toFix } = await draftOf({
    "edge/compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: ["--entryPoints.web.address=:80", --providers.file.directory=/unknown]
    volumes: ["${source}:/unknown"]
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1" }
`,
  });
  expect(toFix.join("\n")).toContain(`which routers to litellm are in ${place} (edge/compose.yaml:4)?`);
});

const withPlaceholders = {
  "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, --providers.file.directory=/dynamic, "--entrypoints.web.address=:80", "--certificatesresolvers.le.acme.email=<your-email>"]
    volumes: ["./dynamic:/dynamic"]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels:
      traefik.http.routers.llm.rule: "Host(\`<your-domain>\`) && HeaderRegexp(\`X-Team\`, \`^(?P<team>.+)$\`)"
      traefik.http.routers.llm.middlewares: "login@file"
`,
  "dynamic/login.yml": `http:
  middlewares:
    login: { basicAuth: { users: ["<user>:<hash>"] } }
    links: { headers: { customResponseHeaders: { Link: "<https://docs.example.org>; rel=help" } } }
    page: { plugin: { rewrite: { body: "<b>hello</b>" } } }
`,
};

test("each placeholder in Traefik's labels, flags and files is asked for with its line, and does not become a host of the policy", async () => {
  const draft = await draftOf(withPlaceholders);
  const { hosts, toFix } = draft;
  expect(hosts.map(({ value }) => value.name)).toEqual(["litellm.internal"]);
  expect(policyText(draft)).toMatch(/ To be fixed in the deployment's files first:\n# QUESTION: what is <your-email>/);
  expect(toFix).toEqual([
    expect.stringMatching(/^what is <your-email> in .*email \(compose\.yaml:4\)\?/),
    expect.stringMatching(
      /^what is <your-domain> in the rule of the router 'llm' \(compose\.yaml:9\)\? .*matches no request of a client: write /,
    ),
    expect.stringMatching(/^what is <user> in .* 'login' \(dynamic\/login\.yml:3\)\? .*no password is right/),
    expect.stringMatching(/^what is <hash> in .* 'login' \(dynamic\/login\.yml:3\)\? .*no password is right/),
  ]);
});

test("each placeholder in Traefik's files is a finding with its fix", async () => {
  await draftOf(withPlaceholders, new Map(), async (folder, draft) => {
    const { facts } = await loadDeployment(folder, { policy: policyText(draft) });
    expect(facts.notes.notes.find(({ what }) => what.includes("<your-domain>"))).toMatchObject({
      kind: "finding",
      line: 9,
      what: "the rule of the router 'llm' has the placeholder '<your-domain>'",
      fix: "write the deployment's own value in place of <your-domain>",
    });
  });
});

const chat = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { LITELLM_MASTER_KEY: "\${MASTER_KEY}" }
  chat:
    image: ghcr.io/open-webui/open-webui:main
    environment: { OPENAI_API_BASE_URL: "http://litellm:4000/v1", OPENAI_API_KEY: "\${MASTER_KEY}" }
`;

test("an Open WebUI of the compose file is a client, its key may be there, and a remark says why Codex is not one", async () => {
  const draft = await draftOf({ "compose.yaml": chat, ".env": "MASTER_KEY=sk-litellm-000000\n" });
  expect(draft.secrets.map(({ value }) => value.may_be_in)).toEqual([["litellm.environment", "chat.environment"]]);
  expect(policyText(draft)).toContain(`
# Clients of the gateway.
# No Codex client: no file names a model.
clients:
  - { name: open-webui, kind: open-webui, service: chat }
`);
});

test.each([
  [
    "./config.yaml:/app/config.yaml",
    "--port 4000",
    "is LiteLLM meant to run without a config? /app/config.yaml looks like LiteLLM's config, and nothing tells LiteLLM to read " +
      'it (compose.yaml:6). Add command: ["--config", "/app/config.yaml"], or the variable CONFIG_FILE_PATH',
    "LiteLLM reads no config, so no file names its models",
  ],
  [
    "/srv/litellm:/app/config",
    "--config /app/config/of-the-host.yaml",
    "which models and MCP servers does LiteLLM have? LiteLLM's config /app/config/of-the-host.yaml is in the directory /srv/litellm, " +
      "which is not here (compose.yaml:5). Add '/srv/litellm: ./litellm' under 'files:' in policy.yaml, with the path of a copy",
    "LiteLLM's config is not in this folder, so its models are not known",
  ],
])(
  "a config that no file is (%s) is a question, and the reason why Codex is no client",
  async (mount, command, question, reason) => {
    const draft = await draftOf({
      "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
    environment: { LITELLM_MASTER_KEY: "\${MASTER_KEY}" }
    command: ${command}
    volumes: ["${mount}"]
`,
      "config.yaml": "model_list: []\n",
      ".env": "MASTER_KEY=sk-litellm-000000\n",
    });
    expect(draft.questions).toContain(question);
    expect(draft.reasonWithoutCodex).toBe(reason);
  },
);

test("without any client, the remark stands alone", async () => {
  const text = policyText(await draftOf({ "compose.yaml": chat.replace("open-webui:main", "pipelines:main") }));
  expect(text).toMatch(/\n\n# No Codex client: .*\.\n\n/);
  expect(text).not.toContain("clients:");
});

test("an example that stands for a missing file of Traefik's file provider is asked for", async () => {
  const { questions } = await draftOf({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.docker, --providers.file.directory=/dynamic, "--entrypoints.web.address=:80"]
    volumes: [./dynamic:/dynamic]
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    labels:
      traefik.http.routers.llm.rule: Host(\`llm.example.org\`)
      traefik.http.routers.llm.middlewares: strict@file
`,
    "dynamic/strict.yml.example": "http: { middlewares: { strict: { stripPrefix: { prefixes: [/a] } } } }\n",
  });
  expect(questions).toContain(
    "is dynamic/strict.yml.example a copy of dynamic/strict.yml, which is not in this folder?",
  );
});

test("a folder with nothing but a template of a compose file is refused with the template's name", async () => {
  const template = "services: { litellm: { image: '{{ litellm_image }}' } }\n";
  await expect(draftOf({ "templates/docker-compose.yml.j2": template })).rejects.toMatchObject({
    faults: [
      { file: expect.stringMatching(/docker-compose\.yml\.j2$/), what: expect.stringMatching(/^is a template/) },
    ],
  });
});

test("a mark in LiteLLM's config is asked for, and does not count as a key", async () => {
  const { toFix } = await draftOf({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: --config /app/config.yaml
    environment: { LITELLM_MASTER_KEY: "\${MASTER_KEY}" }
    volumes: [./config.yaml:/app/config.yaml]
`,
    "config.yaml":
      "model_list: [{ model_name: gpt, litellm_params: { model: openai/gpt-5, api_key: __OPENAI_API_KEY__ } }]\n",
  });
  expect(toFix).toEqual([
    "what is __OPENAI_API_KEY__ in model_list.litellm_params.api_key (config.yaml:1)? LiteLLM takes it as it is written: write " +
      "the deployment's own value there, and call `npm run init` again",
  ]);
});

test("a compose file with broken YAML is left out with a remark", async () => {
  const { remarks } = await draftOf({
    "litellm/compose.yaml": "services: { litellm: { image: 'ghcr.io/berriai/litellm:main-v1.77.1' } }\n",
    "traefik/compose.yaml": "services:\n  traefik:\n    environment: [A=${B}]\n",
  });
  expect(remarks).toContainEqual(
    expect.stringMatching(
      /^A compose file that can't be read was left out: traefik\/compose\.yaml:3 \(broken YAML: .*\)\.$/,
    ),
  );
});

test("the ports that a VPN publishes for the LiteLLM in its network namespace are the gateway's", async () => {
  const { reach, questions } = await draftOf({
    "compose.yaml": `services:
  gluetun: { image: qmcgaw/gluetun, ports: ["4000:4000", "8888:8888"] }
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", network_mode: "service:gluetun" }
`,
  });
  expect(reach[0]?.value).toMatchObject({ from: "lan", to: "gateway-host", ports: [4000] });
  expect([...questions, ...(reach[0]?.questions ?? [])].filter((one) => one.startsWith("port "))).toEqual([
    "port 8888 of gluetun is published on every address: who may use it?",
  ]);
});
