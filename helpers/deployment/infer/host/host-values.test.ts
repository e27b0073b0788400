import { expect, test } from "vitest";
import { findProjects } from "../files/projects.ts";
import { smallDeployment } from "../small-deployment.ts";
import { hostValues } from "./host-values.ts";

function values(files: Readonly<Record<string, string>>): ReturnType<typeof hostValues> {
  using deployment = smallDeployment(files);
  return hostValues(deployment.folder, findProjects(deployment.folder));
}

/** The variables of all env files that are stand-ins. */
function placeholders(files: Readonly<Record<string, string>>): Record<string, string> {
  const { standIns } = values(files);
  const lines = standIns.flatMap(({ text }) => text.split("\n")).filter((line) => /^\w/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

const service = (lines: string): string =>
  `services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.77.1\n${lines}`;

test("a folder 'home' stands for the home directory", () => {
  const compose = service("    volumes: [$HOME/data:/data]\n");
  const { variables } = values({ "compose.yaml": compose, "home/data/x": "" });
  expect(variables.get("HOME")).toEqual({
    value: "./home",
    questions: ["is home/ the home directory that compose.yaml:4 means?"],
  });
});

test("a path below '~' needs a home directory too", () => {
  const compose = service("    volumes: ['~/litellm/data:/data']\n");
  expect(values({ "compose.yaml": compose }).variables.get("HOME")?.value).toBe("./home");
});

test("next to an env file, only what compose demands gets a placeholder: the rest is empty, as compose has it", () => {
  const compose = service(
    "    environment: { A: '${REGION:?set it}', B: '${X:-d}', C: '${SET?}', D: $OPTIONAL, E: '$${NOT}' }\n",
  );
  const { variables, standIns } = values({ "compose.yaml": compose, ".env": "SET=1\n" });
  expect([...variables]).toEqual([
    ["REGION", { value: "placeholder", questions: ["what is REGION (compose.yaml:4)? No file sets it"] }],
  ]);
  expect(standIns).toEqual([]);
});

test("next to an env file, what its example sets needs no question, except what stands for the operator's own", () => {
  const compose = `services:
  litellm:
    image: ghcr.io/berriai/litellm:\${TAG}
    environment: { A: "\${REGION:?set it}", B: "\${NAME:?set it}", C: $OPTIONAL, D: "\${API_KEY:?set it}" }
    volumes: ["$CONFIG:/app/config.yaml"]
    labels: { traefik.http.routers.llm.rule: "Host(\`$LLM_HOST\`)" }
`;
  const { variables, demandedSecrets } = values({
    "compose.yaml": compose,
    "config.yaml": "model_list: []\n",
    ".env": "SET=1\nREGION=\n",
    ".env.example":
      "TAG=main-v1.77.1 # pinned\nREGION=north\nNAME=<your-name>\nOPTIONAL=1\nAPI_KEY=sk-0123456789\nCONFIG=./config.yaml\nLLM_HOST=llm.example.com\n",
  });
  const asIs = (name: string, line: number): object => ({
    remarks: [`As .env.example sets ${name} (compose.yaml:${line}): the env file does not.`],
  });
  expect(Object.fromEntries(variables)).toEqual({
    TAG: { value: "main-v1.77.1", ...asIs("TAG", 3) },
    REGION: { value: "north", ...asIs("REGION", 4) },
    NAME: {
      value: "<your-name>",
      questions: ["what is NAME (compose.yaml:4)? The env file does not set it; this is the value of .env.example"],
    },
    CONFIG: { value: "./config.yaml", ...asIs("CONFIG", 5) },
    LLM_HOST: {
      value: "llm.example.com",
      questions: ["what is LLM_HOST (compose.yaml:6)? The env file does not set it; this is the value of .env.example"],
    },
  });
  expect(demandedSecrets.map(({ name }) => name)).toEqual(["API_KEY"]);
});

test.each(["env.sample", "sample.env", "env.template", ".env-dist"])("%s is an example of .env", (example) => {
  const compose = service("    environment: { A: '${REGION:?set it}', B: '${OPEN:?set it}' }\n");
  const { envFiles, standIns } = values({ "compose.yaml": compose, [example]: "REGION=north\nOPEN=\n" });
  expect(envFiles).toEqual([undefined]);
  expect(standIns.map(({ text }) => text)).toEqual([expect.stringMatching(/\nREGION=north\nOPEN=placeholder-open\n$/)]);
});

test("a directory of the host is the one with the directory in it that Traefik's flags name", () => {
  const compose = `services:
  traefik:
    image: traefik:v3.5.3
    command: [--providers.file.directory=/traefik/dynamic/]
    volumes: ["/data/coolify/proxy/:/traefik"]
`;
  const files = { "proxy/compose.yaml": compose, "proxy/dynamic/redirect.yaml": "{}\n", "other/dynamic/notes.md": "" };
  expect([...values(files).files].map(([path, { value }]) => [path, value])).toEqual([
    ["/data/coolify/proxy", "./proxy"],
  ]);
});

test("a secret that compose demands is made up by the run, and not asked of the shell", () => {
  const compose = service(
    "    environment: { LITELLM_MASTER_KEY: '${KEY:?}', PG: 'postgres://llm:${PG_PASSWORD:?}@db/llm' }\n",
  );
  const { variables, demandedSecrets } = values({ "compose.yaml": compose, ".env": "SET=1\n" });
  expect([...variables]).toEqual([]);
  expect(demandedSecrets.map(({ name, kind, location }) => [name, kind, location.line])).toEqual([
    ["KEY", "api-key", 4],
    ["PG_PASSWORD", "password", 4],
  ]);
});

test("a URL that compose demands is one", () => {
  const compose = service("    environment: { DATABASE_URL: '${DATABASE_URL:?}' }\n");
  const { variables } = values({ "compose.yaml": compose, ".env": "SET=1\n" });
  expect(variables.get("DATABASE_URL")?.value).toBe(
    "postgresql://litellm:placeholder-database-url@postgres:5432/litellm",
  );
});

test("without an env file, each variable gets a value that its place accepts", () => {
  const files = {
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:\${LITELLM_TAG}
    ports: ["\${LAN_ADDRESS}:4000:4000", "\${OTHER}:4001:4001", "\${PUBLIC_IP}:4003:4003", "127.0.0.1:\${ADMIN}:4002"]
    user: "\${PUID}:\${PGID}"
    deploy: { update_config: { monitor: "\${MONITOR}" } }
    command: ["--entryPoints.web.forwardedHeaders.trustedIPs=10.0.0.0/8,\${PROXIES}"]
    environment:
      - DATABASE_URL
      - LITELLM_MASTER_KEY=\${LITELLM_MASTER_KEY}
      - REDIS_HOST=\${REDIS_HOST}
      - SECOND_DATABASE_URL=\${SECOND_DB_URL}
      - TZ=\${TZ}
    labels:
      - traefik.http.routers.litellm.rule=Host(\`litellm.\${ZONE}\`) || Host(\`\${PUBLIC}\`)
      - traefik.http.middlewares.login.basicauth.users=\${DASHBOARD_AUTH}
  store: { image: "postgres:16" }
  cache: { image: "redis:7" }
`,
  };
  expect(placeholders(files)).toEqual({
    LITELLM_TAG: "main-stable",
    LAN_ADDRESS: "192.168.0.1",
    OTHER: "192.168.0.2",
    PUBLIC_IP: "192.0.2.3",
    ADMIN: "4002",
    PUID: "1000",
    MONITOR: "10s",
    PROXIES: "192.0.2.4",
    SECOND_DB_URL: "postgresql://litellm:placeholder-second-db-url@store:5432/litellm",
    PGID: "1000",
    LITELLM_MASTER_KEY: "sk-placeholder-litellm-master-key",
    REDIS_HOST: "cache",
    TZ: "UTC",
    ZONE: "example.test",
    PUBLIC: "public.example.test",
    DASHBOARD_AUTH: "admin:{SHA}/1VDU0WDSj/iJJNndsKqFfbtU1g=",
    DATABASE_URL: "postgresql://litellm:placeholder-database-url@store:5432/litellm",
  });
});

test("an example with empty values is filled in, and stays otherwise", () => {
  const compose = service("    environment: { A: '${REGION}', B: '${PORT}', C: '${EXTRA}' }\n");
  const { files, standIns } = values({ "compose.yaml": compose, ".env.example": "# mine\nREGION=north\nPORT=\n" });
  expect([...files.keys()]).toEqual(["./.env"]);
  expect(standIns).toEqual([
    {
      file: "init.env",
      text:
        "# Stands for ./.env, which is not in this folder. Written by `npm run init`.\n" +
        "# mine\nREGION=north\nPORT=4000\nEXTRA=placeholder-extra\n",
    },
  ]);
});

test("an example that a run does not read is the text of the stand-in", () => {
  const compose = service("    environment: { A: '${REGION}' }\n");
  const text = "# mine\nREGION=north\nLIMIT=3\n";
  const { files, standIns } = values({ "compose.yaml": compose, ".env.litellm.example": text });
  expect([...files].map(([path, { value }]) => [path, value])).toEqual([["./.env", "./init.env"]]);
  expect(standIns[0]?.text).toMatch(/\n# mine\nREGION=north\nLIMIT=3\n$/);
});

test.each([".template", ".sample", ".dist"])("a complete example that ends in %s needs no stand-in", (ending) => {
  const compose = service("    environment: { A: '${REGION}' }\n    env_file: mcp.env\n");
  const files = { [`.env${ending}`]: "REGION=north\n", [`mcp.env${ending}`]: "LITELLM_MASTER_KEY=sk-one-0000\n" };
  expect(values({ "compose.yaml": compose, ...files }).standIns).toEqual([]);
});

test("a domain is one for all projects", () => {
  const network = "networks: { edge: { external: true } }\n";
  const rule = (text: string): string => `{ traefik.http.routers.a.rule: 'Host(\`${text}\`)' }`;
  const { standIns } = values({
    "ai/compose.yaml": `${service(`    labels: ${rule("llm.${ZONE}")}\n    networks: [edge]\n`)}${network}`,
    "proxy/compose.yaml": `services: { traefik: { image: 'traefik:v3.5.3', labels: ${rule("${ZONE}")}, networks: [edge] } }\n${network}`,
  });
  expect(standIns.map(({ text }) => /^ZONE=(.*)$/m.exec(text)?.[1])).toEqual(["example.test", "example.test"]);
});

test("the port of LiteLLM is the one at which Traefik is sent to it", () => {
  const labels = "    labels: [traefik.http.services.litellm.loadbalancer.server.port=8000]\n";
  const compose = service(`    environment: { PORT: '\${LITELLM_PORT}' }\n${labels}`);
  expect(placeholders({ "compose.yaml": compose }).LITELLM_PORT).toBe("8000");
});

test.each([
  ["a flag", { "compose.yaml": "    command: [--certificatesresolvers.le.acme.email=a@b.test]\n" }, "le"],
  [
    "the static file",
    { "traefik.yml": "certificatesResolvers:\n  # DNS\n  cloudflare:\n    acme: {}\n" },
    "cloudflare",
  ],
  [
    "its template",
    { "traefik.yml.tmpl": "certificatesResolvers:\n  ${DNS_NAME}:\n    acme: {}\n" },
    "placeholder-dns-name",
  ],
  [
    "its template, with the name in the env file",
    { "traefik.yml.tmpl": "certificatesResolvers:\n  ${DNS_NAME}:\n", ".env.example": "DNS_NAME=dns\n" },
    "dns",
  ],
  ["a TOML file", { "traefik.toml": "[certificatesResolvers.le.acme]\nemail = 'a@b.test'\n" }, "le"],
  [
    "Traefik's environment",
    { "compose.yaml": "    environment: { TRAEFIK_CERTIFICATESRESOLVERS_LE_ACME_EMAIL: a@b.test }\n" },
    "le",
  ],
  ["nothing", {}, "letsencrypt"],
])("the placeholder of a certificate resolver is one that %s defines", (_, files: Record<string, string>, name) => {
  const label = "traefik.http.routers.a.tls.certresolver=${DASHBOARD_CERT_RESOLVER}";
  const { "compose.yaml": command = "", ...others } = files;
  const compose = service(`    labels: ['${label}']\n${command}`);
  expect(placeholders({ "compose.yaml": compose, ...others }).DASHBOARD_CERT_RESOLVER).toBe(name);
});

test("a variable that LiteLLM's config reads as a URL gets one, in an env file or by way of compose", () => {
  const files = {
    "compose.yaml": service(
      "    env_file: litellm.env\n    environment: { CRM: '${CRM_ADDRESS}', REGION: '${ZONE}' }\n",
    ),
    "config.yaml": `general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }
mcp_servers:
  search: { url: os.environ/SEARCH, auth_type: aws_sigv4, aws_region_name: os.environ/REGION }
  crm: { "url": "os.environ/CRM" }
litellm_settings: { cache_params: { host: os.environ/CACHE, port: os.environ/CACHE_PORT } }
`,
  };
  expect(placeholders(files)).toEqual({
    CRM_ADDRESS: "http://placeholder.invalid",
    ZONE: "placeholder-zone",
    LITELLM_MASTER_KEY: "sk-placeholder-litellm-master-key",
    SEARCH: "http://placeholder.invalid",
    CACHE: "placeholder-cache",
    CACHE_PORT: "4000",
  });
});

test("each project has a stand-in of its own", () => {
  const network = "networks: { edge: { external: true } }\n";
  const found = values({
    "ai/compose.yaml": `${service("    environment: { K: '${KEY}' }\n    networks: [edge]\n")}${network}`,
    "proxy/compose.yaml": `services: { traefik: { image: 'traefik:v3.5.3', environment: { T: '\${TOKEN}' }, networks: [edge] } }\n${network}`,
  });
  expect([...found.files].map(([path, { value }]) => [path, value])).toEqual([
    ["./ai/.env", "./init.ai.env"],
    ["./proxy/.env", "./init.proxy.env"],
  ]);
  expect(found.standIns.map(({ file }) => file)).toEqual(["init.ai.env", "init.proxy.env"]);
});

test("folders of one name get env files by their paths", () => {
  const network = "networks: { edge: { external: true } }\n";
  const found = values({
    "ai/llm/compose.yaml": `${service("    environment: { A: '${SECRET:?}' }\n    networks: [edge]\n")}${network}`,
    "proxy/llm/compose.yaml": `services: { traefik: { image: 'traefik:v3.5.3', environment: { T: '\${TOKEN:?}' }, networks: [edge] } }\n${network}`,
  });
  expect(found.standIns.map(({ file }) => file)).toEqual(["init.ai--llm.env", "init.proxy--llm.env"]);
});

test("projects of one folder share an env file: what one leaves empty the other fills in", () => {
  const { standIns, files } = values({
    "litellm.yml": service("    environment: { A: '${SECRET:?}' }\n"),
    "proxy.yml": "services: { traefik: { image: 'traefik:v3.5.3', environment: { T: '${TOKEN:?}' } } }\n",
    ".env.example": "SECRET=\nTOKEN=\n",
  });
  expect(standIns.map(({ file }) => file)).toEqual(["init.env"]);
  expect(standIns[0]?.text.split("\n").slice(1, 3)).toEqual(["SECRET=placeholder-secret", "TOKEN=placeholder-token"]);
  expect(files.get("./.env")?.value).toBe("./init.env");
});

test("an env file under another name is found by the variables that it sets", () => {
  const compose = service("    environment: { A: '${SECRET}' }\n");
  const { envFiles, standIns } = values({ "compose.yaml": compose, "secrets/litellm.env": "SECRET=x\n" });
  expect(envFiles).toEqual(["secrets/litellm.env"]);
  expect(standIns).toEqual([]);
});

test("an env file that is missing gets a stand-in with what LiteLLM's config needs", () => {
  const compose = service("    env_file: /srv/nowhere/litellm.env\n    environment: { GIVEN: x }\n");
  const config =
    "general_settings: { master_key: os.environ/GIVEN }\nmcp_servers: { a: { url: os.environ/NOTES_URL, auth_value: os.environ/NOTES_TOKEN } }\n";
  const { files, standIns } = values({ "compose.yaml": compose, "config.yaml": config });
  expect(files.get("/srv/nowhere/litellm.env")?.value).toBe("./init.env");
  expect(standIns).toEqual([
    {
      file: "init.env",
      text:
        "# Stands for /srv/nowhere/litellm.env, which is not in this folder. Written by `npm run init`.\n" +
        "NOTES_URL=http://placeholder.invalid\nNOTES_TOKEN=placeholder-notes-token\n",
    },
  ]);
});

test("each missing env file has a stand-in, and LiteLLM's variables are in the one that the fewest services have", () => {
  const { files, standIns } = values({
    "compose.yaml":
      service("    env_file: [/srv/shared.env, /srv/a.env, /srv/litellm.env]\n    environment: { A: '${REGION}' }\n") +
      "  other: { image: busybox, env_file: [/srv/shared.env, db/.env, keys/db.env] }\n  third: { image: busybox, env_file: web.env }\n",
    "web.example": "MODE=dark\n",
  });
  expect([...files].map(([path, { value }]) => [path, value])).toEqual([
    ["./.env", "./init.env"],
    ["/srv/shared.env", "./init.shared.env"],
    ["/srv/a.env", "./init.a.env"],
    ["/srv/litellm.env", "./init.litellm.env"],
    ["./db/.env", "./init.db.env"],
    ["./keys/db.env", "./init.keys--db.env"],
  ]);
  expect(standIns.map(({ file, text }) => [file, text.split("\n").slice(1, -1).join()])).toEqual([
    ["init.env", "REGION=placeholder-region"],
    ["init.shared.env", ""],
    ["init.a.env", ""],
    ["init.litellm.env", "LITELLM_MASTER_KEY=sk-placeholder-litellm-master-key"],
    ["init.db.env", ""],
    ["init.keys--db.env", ""],
  ]);
});

test.each([
  ["KEY=$UNSET # change it\n", "placeholder-key"],
  ['KEY="${UNSET:-}"\n', "placeholder-key"],
  ["UNSET=\nKEY=${UNSET}\n", "placeholder-key"],
  ["BASE=sk-base\nKEY=$BASE\n", "$BASE"],
  ["KEY='$UNSET'\n", "'$UNSET'"],
  ["KEY=a$UNSET\n", "a$UNSET"],
])("of the example %j, KEY is %s", (example, expected) => {
  const compose = service("    environment: { A: '${KEY}', B: '${EXTRA}' }\n");
  expect(placeholders({ "compose.yaml": compose, ".env.example": example }).KEY).toBe(expected);
});

test("a path that leads out of the folder stays relative, and an absolute one stays absolute", () => {
  const compose = service(
    "    env_file: ../../config/litellm.env\n    volumes: ['../../other/hooks.py:/app/hooks.py', '/srv/hooks.py:/app/other.py']\n    secrets: [key]\n",
  );
  const { files } = values({
    "ai/compose.yaml": `${compose}secrets: { key: { file: ../../secrets/key } }\n`,
    "hooks.py": "",
  });
  expect([...files.keys()]).toEqual(["../other/hooks.py", "/srv/hooks.py", "../config/litellm.env", "../secrets/key"]);
});

test("where no file names a master key, the missing env file of LiteLLM has it", () => {
  expect(placeholders({ "compose.yaml": service("    env_file: .env\n") })).toEqual({
    LITELLM_MASTER_KEY: "sk-placeholder-litellm-master-key",
  });
});

test("a copy in the folder stands for what LiteLLM mounts from elsewhere", () => {
  const compose = service(
    "    command: --config /app/config/main.yaml\n" +
      "    volumes: ['$HOME/data/llm:/app/config:ro', '/opt/stacks/ai/hooks.py:/app/hooks.py', '${CERTS}:/certs/ca.pem']\n",
  );
  const { files, variables } = values({
    "compose.yaml": compose,
    "settings/main.yaml": "model_list: []\n",
    "ai/hooks.py": "",
    "old/hooks.py": "",
    "tls/ca.pem": "",
  });
  expect([...files].map(([path, { value }]) => [path, value])).toEqual([
    ["./home/data/llm", "./settings"],
    ["/opt/stacks/ai/hooks.py", "./ai/hooks.py"],
  ]);
  expect(variables.get("CERTS")?.value).toBe("./tls/ca.pem");
});

test("a config that was made outside of compose is found by the name of its target", () => {
  const compose = `${service("    configs: [{ source: main, target: /app/config.yaml }]\n")}configs: { main: { external: true, name: "\${NAME:-main_v1}" } }\n`;
  const { files } = values({ "compose.yaml": compose, "made/config.yaml": "model_list: []\n" });
  expect(files.get("main_v1")?.value).toBe("./made/config.yaml");
});

test("a template, and a directory with the target's name, stand for what is mounted and missing", () => {
  const files = {
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    volumes: ["./dynamic.yml:/etc/traefik/dynamic.yml", "\${RULES}:/rules", "\${DATA}:/data", "./logs:/var/log/proxy"]
`,
    "dynamic.yml.tmpl": "http: {}\n",
    "proxy/rules/main.yml": "http: {}\n",
    "other/data/x": "",
  };
  const found = values(files);
  expect([...found.files].map(([path, { value }]) => [path, value])).toEqual([["./dynamic.yml", "./dynamic.yml.tmpl"]]);
  expect([...found.variables].map(([name, { value }]) => [name, value])).toEqual([
    ["RULES", "./proxy/rules"],
    ["DATA", "./data"],
  ]);
});

test("a template with variables is filled in, because the program would take them literally", () => {
  const found = values({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    volumes: [./dynamic.yml:/etc/traefik/dynamic.yml]
`,
    ".env": "ZONE=lan.test\n",
    "dynamic.yml.tmpl":
      "a: ${PUBLIC_IP}/32\nb: Host(`ai.$ZONE`)\nc: ^/${name}/$1\nd: ${DASHBOARD_TOKEN}\ne: ${PUBLIC_IP}\n",
  });
  expect([...found.files]).toEqual([
    [
      "./dynamic.yml",
      {
        value: "./init.dynamic.yml",
        questions: [
          "what does the deployment fill in for PUBLIC_IP, ZONE, DASHBOARD_TOKEN in dynamic.yml.tmpl? ./dynamic.yml is not in this folder; init.dynamic.yml stands for it",
        ],
      },
    ],
  ]);
  expect(found.standIns).toEqual([
    {
      file: "init.dynamic.yml",
      text: `# Stands for ./dynamic.yml, which is not in this folder: dynamic.yml.tmpl, filled in by \`npm run init\`.
a: 192.0.2.1/32
b: Host(\`ai.lan.test\`)
c: ^/\${name}/$1
d: placeholder-dashboard-token
e: 192.0.2.1
`,
    },
  ]);
});

test("an init.sql or an init.sh of the operator's stands for what is mounted from elsewhere; what init has made does not", () => {
  const found = values({
    "compose.yaml": service(
      "    volumes: ['/opt/gateway/init.sql:/docker-entrypoint-initdb.d/init.sql', '/opt/gateway/start.sh:/start.sh']\n",
    ),
    "db/init.sql": "SELECT 1;\n",
    "init.scripts/start.sh": "exec litellm\n",
  });
  expect(found.files.get("/opt/gateway/init.sql")?.value).toBe("./db/init.sql");
  expect(found.files.get("/opt/gateway/start.sh")).toBeUndefined();
});

test("a directory of templates is filled in as a directory of its own, without the ending of their names", () => {
  const found = values({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.5.3
    volumes: [./config/dynamic:/etc/traefik/dynamic]
`,
    ".env": "ZONE=lan.test\nRESOLVER=\nSUFFIX=\n",
    "ops/templates/dynamic/routers.yml.tmpl": "certResolver: ${RESOLVER}\na: Host(`ai${SUFFIX}.${ZONE}`)\n",
    "ops/templates/dynamic/plain.yml": "b: 1\n",
  });
  expect(found.files.get("./config/dynamic")).toEqual({
    value: "./init.dynamic",
    questions: [
      expect.stringMatching(
        /fill in for RESOLVER, SUFFIX, ZONE in ops\/templates\/dynamic\?.* init\.dynamic stands for it/,
      ),
    ],
  });
  expect(found.standIns.map(({ file, text }) => [file, text.split("\n").slice(-3, -1)])).toEqual([
    ["init.dynamic/plain.yml", ["b: 1"]],
    ["init.dynamic/routers.yml", ["certResolver: ", "a: Host(`aiplaceholder-suffix.lan.test`)"]],
  ]);
});

test("a path below the home directory in an env file needs one", () => {
  const compose = service("    volumes: ['${CONFIG}:/app/config.yaml']\n");
  expect(values({ "compose.yaml": compose, ".env": "CONFIG=~/litellm.yaml\n" }).variables.get("HOME")?.value).toBe(
    "./home",
  );
});

test("what the example of LiteLLM's env file leaves empty is filled in where LiteLLM needs it", () => {
  const files = {
    "compose.yaml": service("    env_file: [.env, keys.env]\n"),
    ".env.example": "LITELLM_MASTER_KEY=\nLITELLM_SALT_KEY=\nSLACK_WEBHOOK_URL=\nREGION=north\n",
    "keys.env.example": "OPENAI_API_KEY=\n",
    "config.yaml":
      "general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }\nmodel_list: [{ litellm_params: { api_key: os.environ/OPENAI_API_KEY } }]\n",
  };
  const found = values(files);
  expect([...found.files.keys()]).toEqual(["./.env", "./keys.env"]);
  expect(placeholders(files)).toEqual({
    LITELLM_MASTER_KEY: "sk-placeholder-litellm-master-key",
    LITELLM_SALT_KEY: "sk-placeholder-litellm-salt-key",
    SLACK_WEBHOOK_URL: "",
    REGION: "north",
    OPENAI_API_KEY: "placeholder-openai-api-key",
  });
});

test.each([
  ["what it starts", "FROM python:3.13-slim\nRUN pip install litellm[proxy]\nCMD litellm --config /app/config.yaml\n"],
  ["its base", "FROM ghcr.io/berriai/litellm:v1.92.0\n"],
])("LiteLLM's variables are filled in, where only its Dockerfile shows what a service is: %s", (_, Dockerfile) => {
  const files = {
    "compose.yaml": "services:\n  airlock:\n    build: .\n    env_file: .env\n",
    Dockerfile,
    ".env.example": "GATEWAY_KEY=\n",
    "config.yaml":
      "general_settings: { master_key: os.environ/GATEWAY_KEY }\nmcp_servers: { news: { env: { KEY: os.environ/NEWS_API_KEY } } }\n",
  };
  expect(placeholders(files)).toEqual({
    GATEWAY_KEY: "placeholder-gateway-key",
    NEWS_API_KEY: "placeholder-news-api-key",
  });
});

test("the env file that LiteLLM reads by itself, and the templates of Traefik's file provider, count like an env file", () => {
  const files = {
    "compose.yaml": `${service("    volumes: ['./.env:/app/.env']\n")}  proxy:\n    image: traefik:v3.5.3\n    env_file: proxy.env\n`,
    ".env.example": "LITELLM_MASTER_KEY=\nREGION=north\n",
    "proxy.env.example": "DASHBOARD_AUTH=\nOTHER=\n",
    "config.yaml": "general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }\n",
    "dynamic.yml": "http: { middlewares: { a: { basicAuth: { users: ['{{ env `DASHBOARD_AUTH` }}'] } } } }\n",
  };
  expect([...values(files).files.keys()]).toEqual(["./.env", "./proxy.env"]);
  expect(placeholders(files)).toEqual({
    LITELLM_MASTER_KEY: "sk-placeholder-litellm-master-key",
    REGION: "north",
    DASHBOARD_AUTH: expect.stringMatching(/^admin:/),
    OTHER: "",
  });
});

test.each(["env.example", "env-example", "example.env"])("%s is an example of .env", (name) => {
  const compose = service("    environment: { A: '${REGION}', B: '${EXTRA}' }\n");
  expect(placeholders({ "compose.yaml": compose, [name]: "REGION=north\n" })).toEqual({
    REGION: "north",
    EXTRA: "placeholder-extra",
  });
});

test.each([
  ["${DASHBOARD_USERS}", { DASHBOARD_USERS: "admin:{SHA}/1VDU0WDSj/iJJNndsKqFfbtU1g=" }],
  ["admin:${DASHBOARD_AUTH}", { DASHBOARD_AUTH: "placeholder-dashboard-auth" }],
  ["${NAME}:${HASH}", { NAME: "placeholder-name", HASH: "placeholder-hash" }],
])("the users %s of Traefik's basicAuth are a list that Traefik can read", (users, expected) => {
  const option = "traefik.http.middlewares.a.basicauth.users";
  for (const labels of [`['${option}=${users}']`, `{ ${option}: '${users}' }`])
    expect(placeholders({ "compose.yaml": service(`    labels: ${labels}\n`) })).toEqual(expected);
});

test("credentials of a service are a secret, and those of a label are users of Traefik", () => {
  const label = "traefik.http.middlewares.a.basicauth.users=${DASHBOARD_CREDENTIALS}";
  const compose = service(
    `    environment: { A: '\${EMAIL_CREDENTIALS}', REDIS_AUTH: '\${CACHE_PASSWORD}' }\n    labels: ['${label}']\n`,
  );
  expect(placeholders({ "compose.yaml": compose })).toEqual({
    EMAIL_CREDENTIALS: "placeholder-email-credentials",
    CACHE_PASSWORD: "placeholder-cache-password",
    DASHBOARD_CREDENTIALS: expect.stringMatching(/^admin:/),
  });
});

test("the folder of a compose file, and what a program writes, are the copy of no directory", () => {
  const files = {
    "litellm/compose.yaml": service("    volumes: ['/srv/a:/data/litellm', './tokens:/root/.config/litellm']\n"),
  };
  expect([...values(files).files.keys()]).toEqual([]);
});

test("an example that has all that LiteLLM needs is read as it is", () => {
  const files = {
    "compose.yaml": service("    env_file: .env\n"),
    ".env.example": "LITELLM_MASTER_KEY=sk-change-me\nSLACK_WEBHOOK_URL=\n",
    "config.yaml": "general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }\n",
  };
  expect(values(files).standIns).toEqual([]);
});

test("LiteLLM's example key, by default or in an example, has a placeholder where LiteLLM refuses it", () => {
  const image = (tag: string): string =>
    `services: { litellm: { image: "ghcr.io/berriai/litellm:${tag}", environment: ["LITELLM_MASTER_KEY=\${KEY:-sk-1234}"] } }\n`;
  expect(placeholders({ "compose.yaml": image("main-stable") })).toEqual({ KEY: "placeholder-key" });
  expect(placeholders({ "compose.yaml": image("main-stable"), ".env.example": 'KEY="sk-1234" # change it\n' })).toEqual(
    {
      KEY: "placeholder-key",
    },
  );
  expect(values({ "compose.yaml": image("main-stable"), ".env": "KEY=sk-1234\n" }).standIns).toEqual([]);
  expect(values({ "compose.yaml": image("main-stable"), ".env.example": "KEY=sk-change\n" }).standIns).toEqual([]);
  expect(placeholders({ "compose.yaml": image("v1.77.1") })).toEqual({ KEY: "sk-1234" });
});

test("so has the example key in the example of LiteLLM's own env file", () => {
  const image = (tag: string): string =>
    `services: { litellm: { image: "ghcr.io/berriai/litellm:${tag}", env_file: [litellm/.env] } }
`;
  const example = { "litellm/.env.example": "LITELLM_MASTER_KEY=sk-1234\nREGION=north\n" };
  expect(values({ "compose.yaml": image("main-stable"), ...example }).standIns).toEqual([
    {
      file: "init.env",
      text:
        "# Stands for ./litellm/.env, which is not in this folder. Written by `npm run init`.\n" +
        "LITELLM_MASTER_KEY=sk-placeholder-litellm-master-key\nREGION=north\n",
    },
  ]);
  expect(values({ "compose.yaml": image("v1.77.1"), ...example }).standIns).toEqual([]);
});

const withDefaults = service(
  "    environment: { LITELLM_MASTER_KEY: '${LITELLM_MASTER_KEY:-replaceme}', DATABASE_URL: 'postgresql://llm:${PG_PASSWORD:-replaceme}@db/llm', REGION: '${REGION:-north}' }\n",
);

test("secrets with defaults are in the stand-in: a password as it is by default, a key as one that no other secret has", () => {
  const { files, secretDefaults } = values({ "compose.yaml": withDefaults });
  expect(placeholders({ "compose.yaml": withDefaults })).toEqual({
    LITELLM_MASTER_KEY: "sk-placeholder-litellm-master-key",
    PG_PASSWORD: "replaceme",
  });
  expect(files.get("./.env")).toEqual({
    value: "./init.env",
    remarks: [
      "init.env sets variables that only have defaults in the compose files, with placeholders for LITELLM_MASTER_KEY and the " +
        "compose files' defaults for PG_PASSWORD.",
    ],
  });
  expect(secretDefaults.map(({ name }) => name)).toEqual(["LITELLM_MASTER_KEY", "PG_PASSWORD"]);
});

test("an example keeps what it sets, and gets the secrets that only have defaults", () => {
  const files = { "compose.yaml": withDefaults, ".env.example": "REGION=south\nLITELLM_MASTER_KEY=sk-example\n" };
  expect(placeholders(files)).toEqual({ REGION: "south", LITELLM_MASTER_KEY: "sk-example", PG_PASSWORD: "replaceme" });
  expect(values(files).files.get("./.env")?.questions).toEqual([expect.stringContaining("what does ./.env set?")]);
});

test("what an env file of the folder leaves out has its default on the host too", () => {
  const { standIns, secretDefaults } = values({ "compose.yaml": withDefaults, ".env": "PG_PASSWORD=own\n" });
  expect(standIns).toEqual([]);
  expect(secretDefaults).toEqual([]);
});

test("a secret that LiteLLM mounts from the host has a stand-in, where the folder has no copy of it", () => {
  const mounts =
    "    volumes: [/opt/llm.key:/run/secrets/llm.key:ro, /opt/known.key:/run/secrets/known.key:ro, /opt/db:/data]\n";
  const { files, standIns } = values({ "compose.yaml": service(mounts), "known.key": "sk-1" });
  expect([...files].map(([path, { value }]) => [path, value])).toEqual([
    ["/opt/known.key", "./known.key"],
    ["/opt/llm.key", "./init.llm_key.secret"],
  ]);
  expect(standIns).toEqual([{ file: "init.llm_key.secret", text: "placeholder-llm-key" }]);
});

test("a secret and a config whose files are missing have a stand-in", () => {
  const { files, standIns } = values({
    "compose.yaml": `${service("    secrets: [db_password]\n    configs: [main]\n")}secrets: { db_password: { file: ./secrets/db.txt }, here: { file: ./here.txt } }
configs: { main: { file: ./made/litellm.yaml } }
`,
    "here.txt": "x",
    "templates/litellm.yaml.example": "model_list: []\n",
  });
  expect([...files].map(([path, { value }]) => [path, value])).toEqual([
    ["./made/litellm.yaml", "./templates/litellm.yaml.example"],
    ["./secrets/db.txt", "./init.db_password.secret"],
  ]);
  expect(standIns).toEqual([{ file: "init.db_password.secret", text: "placeholder-db-password" }]);
});

test("the only config of LiteLLM in the folder stands for a missing one with another name", () => {
  const compose = service("    command: --config /app/config.yaml\n    volumes: [./config.yaml:/app/config.yaml]\n");
  const one = { "compose.yaml": compose, "litellm_config.yaml": "model_list: []\n" };
  expect(values(one).files.get("./config.yaml")?.value).toBe("./litellm_config.yaml");
  expect(values({ ...one, "other.yaml": "mcp_servers: {}\n" }).files.size).toBe(0);
});

test("what an included file takes from the host counts too, and its paths start in its own folder", () => {
  const { files, standIns } = values({
    "compose.yaml": "include: [ai/compose.yaml]\n",
    "ai/compose.yaml": service(
      "    environment: { LITELLM_MASTER_KEY: '${KEY}' }\n    secrets: [pw]\n    volumes: [./litellm.yaml:/app/config.yaml]\n    command: [--config, /app/config.yaml]\n",
    ).concat("secrets: { pw: { file: ./pw.txt } }\n"),
    "ai/template/litellm.yaml": "model_list: []\n",
  });
  expect([...files].map(([path, { value }]) => [path, value])).toEqual([
    ["./ai/litellm.yaml", "./ai/template/litellm.yaml"],
    ["./.env", "./init.env"],
    ["./ai/pw.txt", "./init.pw.secret"],
  ]);
  expect(standIns[0]?.text).toContain("KEY=sk-placeholder-key");
});

test("a part of a label that the example leaves empty stays empty", () => {
  const labels = "    labels:\n      - traefik.http.routers.ai.middlewares=${FIRST}${SECOND}@file\n";
  const files = { "compose.yaml": service(labels), ".env.example": "FIRST=\nSECOND=\n" };
  expect(values(files).standIns).toEqual([]);
  expect(placeholders({ ...files, ".env.example": "FIRST=\n" })).toEqual({ FIRST: "", SECOND: "placeholder-second" });
});

test("a Traefik whose image is a variable of the example gets a copy of its configuration, too", () => {
  const { files } = values({
    "compose.yaml":
      'services: { edge: { image: "${PROXY_IMAGE}", volumes: ["./config/traefik.yml:/etc/traefik/traefik.yml"] } }\n',
    ".env.example": "PROXY_IMAGE=traefik:v3.5.3\n",
    "templates/traefik.yml.tmpl": "entryPoints: {}\n",
  });
  expect(files.get("./config/traefik.yml")?.value).toBe("./templates/traefik.yml.tmpl");
});

test("what is empty by compose's default and what LiteLLM's config reads has a placeholder; nothing else has", () => {
  const files = {
    "compose.yaml": service(
      '    environment: { OPENAI_API_KEY: "${OPENAI_KEY:-}", GROQ_API_KEY: "${GROQ_API_KEY-}", UNUSED: "${UNUSED:-}" }\n',
    ),
    "config.yaml":
      "model_list: [{ litellm_params: { api_key: os.environ/OPENAI_API_KEY } }, { litellm_params: { api_key: os.environ/GROQ_API_KEY } }]\n" +
      "# general_settings: { database_url: os.environ/UNUSED }\n",
  };
  expect(placeholders(files)).toEqual({
    OPENAI_KEY: "placeholder-openai-key",
    GROQ_API_KEY: "placeholder-groq-api-key",
  });
  expect(values({ ...files, ".env": "OPENAI_KEY=sk-own\n" }).standIns).toEqual([]);
});

test("a variable that is a secret's content is asked for", () => {
  const secrets = "secrets: { key: { environment: THE_KEY } }\n";
  const files = { "compose.yaml": `${service("    secrets: [key]\n")}${secrets}` };
  expect(placeholders(files)).toEqual({ THE_KEY: "placeholder-the-key" });
});

test("a volume that binds a directory of the host has a copy in the folder", () => {
  const options = "{ type: none, o: bind, device: /srv/ai/litellm }";
  const compose = service("    command: [--config, /config/config.yaml]\n    volumes: ['config:/config']\n");
  const files = {
    "compose.yaml": `${compose}volumes: { config: { driver_opts: ${options} } }\n`,
    "litellm/config.yaml": "model_list: []\n",
  };
  expect(values(files).files.get("/srv/ai/litellm")?.value).toBe("./litellm");
});

test("a config in a volume that something else fills has a copy in the folder", () => {
  const compose = service(
    "    command: [--config, /config/current/ai/config.yaml]\n    volumes: ['synced:/config:ro']\n",
  );
  const files = { "compose.yaml": `${compose}volumes: { synced: }\n`, "ai/config.yaml": "model_list: []\n" };
  expect([...values(files).files].map(([path, { value }]) => [path, value])).toEqual([
    ["synced/current/ai/config.yaml", "./ai/config.yaml"],
  ]);
});

test.each(["$2y$10$XHxrPeSCmy6cj8sI", "admin:$apr1$saltsalt$hash"])(
  "the pieces of the hash %s are no variables",
  (hash) => {
    const files = { "compose.yaml": service(`    environment: ["HASH=${hash}", "OTHER=$OTHER_VALUE"]\n`) };
    expect(placeholders(files)).toEqual({ OTHER_VALUE: "placeholder-other-value" });
  },
);

test("a variable in another one's default gets the value that its place accepts", () => {
  const compose = service(`    environment:
      LITELLM_MASTER_KEY: \${LITELLM_MASTER_KEY:-\${MAIN_KEY:?set it}}
      SECOND: \${SECOND:-\${THIRD:-\${FOURTH}}}
      KNOWN: \${KNOWN:-known}
    volumes: ["\${DATA:-\${ROOT}/litellm}:/data"]
    labels: ["traefik.http.routers.litellm.rule=Host(\`\${NAME:-litellm.\${DOMAIN}}\`)"]
`);
  expect(placeholders({ "compose.yaml": compose })).toEqual({
    MAIN_KEY: "sk-placeholder-main-key",
    FOURTH: "placeholder-fourth",
    DOMAIN: "example.test",
  });
  expect(values({ "compose.yaml": compose }).variables.get("ROOT")?.value).toBe("./");
});

test("a variable in the default of one that an env file sets needs no value", () => {
  const compose = service("    environment: { A: '${A:-${B:?set it}}', C: '${C:-${D:?set it}}' }\n");
  const { variables } = values({ "compose.yaml": compose, ".env": "A=1\nD=\n" });
  expect([...variables.keys()]).toEqual(["D"]);
});

test("next to an env file, a host name that nothing sets gets a placeholder: an empty one reaches nothing", () => {
  const compose = service(
    "    labels: ['traefik.http.routers.litellm.rule=Host(`litellm.${DOMAIN}`) || Host(`$SECOND`) || Host(`${OWN}`)']\n",
  );
  const { variables } = values({ "compose.yaml": compose, ".env": "DOMAIN=\nOWN=own.test\n" });
  expect([...variables].map(([name, { value, questions }]) => [name, value, questions])).toEqual([
    ["DOMAIN", "example.test", ["what is DOMAIN (compose.yaml:4)? No file sets it"]],
    ["SECOND", "second.example.test", ["what is SECOND (compose.yaml:4)? No file sets it"]],
  ]);
});

test("a template with marks of sed or of a template engine is filled in, with a host where a URL has one", () => {
  const found = values({
    "compose.yaml": service("    volumes: [./config.yaml:/app/config.yaml]\n    command: --config /app/config.yaml\n"),
    ".env": "LITELLM_TAG=x\n",
    "config.yaml.template":
      "mcp_servers: { one: { url: 'http://__MCP_HOST__:8000', auth_value: '{{ MCP_TOKEN }}' } }\n",
  });
  expect(found.files.get("./config.yaml")?.questions).toEqual([
    "what does the deployment fill in for MCP_HOST, MCP_TOKEN in config.yaml.template? ./config.yaml is not in this folder; " +
      "init.config.yaml stands for it",
  ]);
  expect(found.standIns.find(({ file }) => file === "init.config.yaml")?.text).toContain(
    "url: 'http://placeholder.invalid:8000', auth_value: 'placeholder-mcp-token'",
  );
});

test("a mount whose source is the default of a variable has a copy in the folder, or a stand-in for a secret", () => {
  const compose = service(
    "    command: [--config, /app/config.yaml]\n" +
      "    volumes: ['${CONFIG:-/srv/litellm/config.yaml}:/app/config.yaml:ro', '${KEY_FILE:-/srv/secrets/key}:/run/secrets/key:ro']\n",
  );
  const { files } = values({ "compose.yaml": compose, "config.yaml": "model_list: []\n" });
  expect([...files].map(([path, { value }]) => [path, value])).toEqual([
    ["/srv/litellm/config.yaml", "./config.yaml"],
    ["/srv/secrets/key", "./init.key.secret"],
  ]);
});

test("a compose file with the name of Traefik's static file is not taken for a copy of it", () => {
  const stack = `services:
  traefik:
    image: traefik:v3.5.3
    volumes: ["/srv/traefik/traefik.yml:/etc/traefik/traefik.yml:ro"]
`;
  expect([...values({ "stacks/traefik.yml": stack }).files]).toEqual([]);
  const both = { "stacks/traefik.yml": stack, "config/traefik.yml": "entryPoints: { web: { address: ':80' } }\n" };
  expect([...values(both).files].map(([path, { value }]) => [path, value])).toEqual([
    ["/srv/traefik/traefik.yml", "./config/traefik.yml"],
  ]);
});

test("a directory of the host on /etc/traefik is the one with Traefik's static file", () => {
  const compose =
    "services: { traefik: { image: 'traefik:v3.5.3', volumes: ['/opt/traefik/config:/etc/traefik:ro'] } }\n";
  const { files } = values({
    "core/traefik/compose.yaml": compose,
    "core/traefik/config/traefik.yml": "entryPoints: { web: { address: ':80' } }\n",
    "core/other/config/a.yml": "a: b\n",
  });
  expect([...files].map(([path, { value }]) => [path, value])).toEqual([
    ["/opt/traefik/config", "./core/traefik/config"],
  ]);
});
