import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { compose, env, litellm } from "../broken/broken-deployment.ts";
import { readFacts } from "../facts.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";

const reference = resolve(import.meta.dirname, "../../../deployments/reference");

/** What LiteLLM accepts and does not honour: a finding with its line, and no fault. */
const findings: {
  name: string;
  patches: Patch[];
  version?: string;
  at: string;
  file?: string;
  what: RegExp;
  why: RegExp;
  fix?: RegExp;
}[] = [
  {
    name: "a database that is no PostgreSQL",
    patches: [
      compose(
        '      LITELLM_ENABLE_MCP_STDIO: "true"',
        '      LITELLM_ENABLE_MCP_STDIO: "true"\n      DATABASE_URL: sqlite:////app/data/litellm.db',
      ),
    ],
    file: "compose.yaml",
    at: "DATABASE_URL: sqlite",
    what: /DATABASE_URL begins with 'sqlite:'/,
    why: /is PostgreSQL/,
  },
  {
    name: "a database that only a file names",
    patches: [
      compose(
        '      LITELLM_ENABLE_MCP_STDIO: "true"',
        '      LITELLM_ENABLE_MCP_STDIO: "true"\n      DATABASE_URL_FILE: /run/secrets/dsn',
      ),
    ],
    file: "compose.yaml",
    at: "DATABASE_URL_FILE",
    what: /does not read DATABASE_URL_FILE/,
    why: /so DATABASE_URL is not set/,
  },
  {
    name: "a master key that only a file names",
    patches: [env("LITELLM_MASTER_KEY=", "LITELLM_MASTER_KEY_FILE=")],
    file: "litellm.env.example",
    at: "LITELLM_MASTER_KEY_FILE",
    what: /no master key: it does not read LITELLM_MASTER_KEY_FILE/,
    why: /every caller for an admin/,
  },
  {
    name: "a directory over the entry script of LiteLLM's image",
    patches: [compose("./litellm/config.yaml:/app/config.yaml:ro", "./litellm:/app")],
    file: "compose.yaml",
    at: "./litellm:/app",
    what: /the directory on \/app hides \/app\/docker\/prod_entrypoint\.sh/,
    why: /the container does not start/,
  },
  {
    name: "an unknown section",
    patches: [litellm("litellm_settings:", "litelm_settings:")],
    at: "litelm_settings",
    what: /unknown key 'litelm_settings'/,
    why: /ignores it without a warning/,
  },
  {
    name: "virtual keys in the config",
    patches: [litellm("model_list:", "virtual_keys: []\nmodel_list:")],
    at: "virtual_keys",
    what: /unknown key 'virtual_keys'/,
    why: /ignores it/,
  },
  {
    name: "an unknown setting",
    patches: [litellm("general_settings:", "general_settings:\n  log_level: DEBUG")],
    at: "log_level",
    what: /unknown key 'log_level' in general_settings/,
    why: /no such setting/,
  },
  {
    name: "an upstream twice",
    patches: [litellm("  filesystem:\n", "  postgres:\n")],
    at: "nowhere",
    what: /'postgres' is set a second time/,
    why: /the last one only/,
  },
  {
    name: "an unknown key of an upstream",
    patches: [litellm("    command: postgres-mcp", "    command: postgres-mcp\n    require_approval: never")],
    at: "require_approval",
    what: /unknown key 'require_approval' in mcp_servers\.postgres/,
    why: /ignores it/,
  },
  {
    name: "a setting of LiteLLM under general_settings",
    patches: [litellm("general_settings:\n", "general_settings:\n  drop_params: true\n")],
    at: "drop_params",
    what: /unknown key 'drop_params' in general_settings/,
    why: /reads no such setting/,
    fix: /^move it to litellm_settings$/,
  },
  {
    name: "a setting of LiteLLM that is under general_settings too",
    patches: [litellm("general_settings:\n", "general_settings:\n  telemetry: false\n")],
    at: "telemetry",
    what: /unknown key 'telemetry' in general_settings/,
    why: /reads no such setting/,
    fix: /^remove it: litellm_settings has it$/,
  },
  {
    name: "a setting of LiteLLM at the top level",
    patches: [litellm("model_list:", "cache: true\nmodel_list:")],
    at: "cache: true",
    what: /unknown key 'cache'/,
    why: /ignores it/,
    fix: /^move it to litellm_settings$/,
  },
  {
    name: "a key of another program's config",
    patches: [litellm("    command: postgres-mcp", "    command: postgres-mcp\n    headers: { X-Key: abc }")],
    at: "headers",
    what: /unknown key 'headers' in mcp_servers\.postgres/,
    why: /ignores it/,
    fix: /^use an image with a newer version, and write static_headers$/,
  },
  {
    name: "a key of another program's config where the version reads LiteLLM's own",
    patches: [litellm("    command: postgres-mcp", "    command: postgres-mcp\n    headers: { X-Key: abc }")],
    version: "1.106.2",
    at: "headers",
    what: /unknown key 'headers' in mcp_servers\.postgres/,
    why: /ignores it/,
    fix: /^write static_headers$/,
  },
  {
    name: "a server that is not turned off",
    patches: [litellm("    command: postgres-mcp", "    command: postgres-mcp\n    enabled: false")],
    at: "enabled",
    what: /unknown key 'enabled' in mcp_servers\.postgres/,
    why: /ignores it/,
    fix: /to turn the server off, remove its entry/,
  },
  {
    name: "allowed tools that 1.77.1 ignores",
    patches: [litellm("    command: postgres-mcp", "    command: postgres-mcp\n    allowed_tools: [list_schemas]")],
    at: "allowed_tools",
    what: /'allowed_tools' in mcp_servers\.postgres/,
    why: /LiteLLM 1\.77\.1 ignores it/,
  },
  {
    name: "spec_version where the version reads none",
    patches: [litellm("    command: postgres-mcp", '    command: postgres-mcp\n    spec_version: "2025-06-18"')],
    version: "1.106.2",
    at: "spec_version",
    what: /'spec_version'/,
    why: /LiteLLM 1\.106\.2 ignores it/,
  },
  {
    name: "no command",
    patches: [litellm("    command: postgres-mcp\n", "")],
    at: "  postgres:",
    what: /mcp_servers\.postgres can list no tool/,
    why: /no command/,
  },
  {
    name: "no url",
    patches: [litellm("    transport: stdio\n    command: mcp-server-filesystem", "    transport: http")],
    at: "  filesystem:",
    what: /can list no tool/,
    why: /no url/,
  },
  {
    name: "no transport",
    patches: [litellm("    transport: stdio\n    command: postgres-mcp", "    command: postgres-mcp")],
    at: "  postgres:",
    what: /can list no tool/,
    why: /LiteLLM assumes http/,
  },
  {
    name: "a proxy's headers, which 1.77.1 does not demand",
    patches: [
      litellm(
        "  custom_auth: scoped_keys.authenticate",
        "  enable_oauth2_proxy_auth: true\n  oauth2_config_mappings: { user_id: X-Forwarded-User }",
      ),
    ],
    at: "enable_oauth2_proxy_auth",
    what: /enable_oauth2_proxy_auth is on/,
    why: /lets every caller in/,
  },
  {
    name: "a shell's variable",
    patches: [litellm("os.environ/POSTGRES_MCP_URL", "${POSTGRES_MCP_URL}")],
    at: "${POSTGRES_MCP_URL}",
    what: /env\.DATABASE_URI is '\$\{POSTGRES_MCP_URL\}'/,
    why: /does not substitute this form/,
    fix: /^write os\.environ\/POSTGRES_MCP_URL as the whole value$/,
  },
  {
    name: "a shell's variable in a text",
    patches: [litellm("os.environ/POSTGRES_MCP_URL", "postgresql://one:${MCP_PASSWORD}@db/x")],
    at: "${MCP_PASSWORD}",
    what: /env\.DATABASE_URI is 'postgresql:\/\/one:\$\{MCP_PASSWORD\}@db\/x'/,
    why: /does not substitute this form/,
    fix: /^write os\.environ\/MCP_PASSWORD as the whole value, and set MCP_PASSWORD to the whole text$/,
  },
  {
    name: "a variable within args",
    patches: [litellm("args: [/srv/mcp-files]", "args: [os.environ/MCP_FILES]")],
    at: "MCP_FILES",
    what: /args has 'os\.environ\/MCP_FILES'/,
    why: /substitutes nothing in lists/,
  },
  {
    name: "a model's key that is not set",
    patches: [
      litellm(
        "model: openai/gpt-5\n      api_key: os.environ/OPENAI_API_KEY",
        "model: openai/gpt-5\n      api_key: os.environ/NOPE",
      ),
    ],
    at: "NOPE",
    what: /the variable 'NOPE' is not set/,
    why: /scripted model/,
  },
  {
    name: "a provider that LiteLLM does not know",
    patches: [litellm("model: openai/gpt-5-mini", "model: opneai/gpt-5-mini")],
    at: "opneai",
    what: /the provider 'opneai'/,
    why: /starts without this model/,
  },
  {
    name: "an alias that 1.77.1 forgets",
    patches: [litellm("  telemetry: false", "  telemetry: false\n  mcp_aliases: { db: postgres }")],
    at: "mcp_aliases",
    what: /mcp_aliases gives 'postgres' the name 'db'/,
    why: /keep the prefix 'postgres'/,
  },
  {
    name: "a master key in the wrong section",
    patches: [
      litellm("  master_key: os.environ/LITELLM_MASTER_KEY\n", ""),
      litellm("  telemetry: false", "  telemetry: false\n  master_key: os.environ/GATEWAY_ADMIN_KEY"),
      env("LITELLM_MASTER_KEY=", "GATEWAY_ADMIN_KEY="),
    ],
    at: "GATEWAY_ADMIN_KEY",
    what: /the master key is under litellm_settings/,
    why: /takes every caller for an admin/,
  },
  {
    name: "no master key",
    patches: [
      litellm("  master_key: os.environ/LITELLM_MASTER_KEY\n", ""),
      env("LITELLM_MASTER_KEY=sk-change-me-master-000000000000", "LITELLM_MASTER_KEY="),
    ],
    at: "general_settings:",
    what: /no master key/,
    why: /1\.77\.1 takes every caller for an admin/,
    fix: /^set general_settings\.master_key/,
  },
  {
    name: "a master key from a variable that is empty",
    patches: [env("LITELLM_MASTER_KEY=sk-change-me-master-000000000000", "LITELLM_MASTER_KEY=")],
    file: "litellm.env.example",
    at: "LITELLM_MASTER_KEY=",
    what: /general_settings\.master_key reads LITELLM_MASTER_KEY, which is empty/,
    why: /1\.77\.1 takes every caller for an admin/,
  },
  {
    name: "a master key from a variable with a typing error",
    patches: [litellm("os.environ/LITELLM_MASTER_KEY", "os.environ/LITELLM_MASTER_KY")],
    at: "  master_key:",
    what: /general_settings\.master_key reads LITELLM_MASTER_KY, which is not set/,
    why: /1\.77\.1 takes every caller for an admin/,
    fix: /^write os\.environ\/LITELLM_MASTER_KEY, which LiteLLM's environment has$/,
  },
  {
    name: "the example's master key",
    patches: [env("LITELLM_MASTER_KEY=sk-change-me-master-000000000000", "LITELLM_MASTER_KEY=sk-1234")],
    at: "  master_key:",
    what: /well-known example/,
    why: /guess/,
  },
  {
    name: "a stdio server that 1.106.2 does not start",
    patches: [compose("      LITELLM_ENABLE_MCP_STDIO:", "      LITELLM_ENABLE_MCP_STUDIO:")],
    version: "1.106.2",
    at: "  postgres:",
    what: /is a stdio server/,
    why: /unless LITELLM_ENABLE_MCP_STDIO/,
    fix: /in the environment$/,
  },
  {
    name: "a command that 1.106.2 does not start",
    patches: [compose("postgres-mcp,mcp-server-filesystem", "postgres-mcp")],
    version: "1.106.2",
    at: "command: mcp-server-filesystem",
    what: /^LiteLLM 1\.106\.2 does not start 'mcp-server-filesystem' of mcp_servers\.filesystem$/,
    why: /^it starts npx, uvx, .*, and what LITELLM_MCP_STDIO_EXTRA_COMMANDS names$/,
    fix: /^add mcp-server-filesystem to LITELLM_MCP_STDIO_EXTRA_COMMANDS/,
  },
  {
    name: "a space between the commands that 1.99.0 starts",
    patches: [compose("postgres-mcp,mcp-server-filesystem", "postgres-mcp, mcp-server-filesystem")],
    version: "1.99.0",
    file: "compose.yaml",
    at: "LITELLM_MCP_STDIO_EXTRA_COMMANDS: ",
    what: /^LiteLLM 1\.99\.0 does not start 'mcp-server-filesystem'/,
    why: /takes the spaces in LITELLM_MCP_STDIO_EXTRA_COMMANDS for parts/,
    fix: /^write commas without spaces$/,
  },
  {
    name: "a stdio server that 1.106.2 starts in no way",
    patches: [
      compose("      LITELLM_ENABLE_MCP_STDIO:", "      LITELLM_ENABLE_MCP_STUDIO:"),
      compose("postgres-mcp,mcp-server-filesystem", "mcp-server-filesystem"),
    ],
    version: "1.106.2",
    at: "  postgres:",
    what: /is a stdio server/,
    why: /unless LITELLM_ENABLE_MCP_STDIO/,
    fix: /and name its command in LITELLM_MCP_STDIO_EXTRA_COMMANDS$/,
  },
  {
    name: "a config that CONFIG_FILE_PATH names and nothing mounts",
    patches: [
      compose(
        '      LITELLM_ENABLE_MCP_STDIO: "true"',
        '      LITELLM_ENABLE_MCP_STDIO: "true"\n      CONFIG_FILE_PATH: /none.yaml',
      ),
    ],
    file: "compose.yaml",
    at: "CONFIG_FILE_PATH",
    what: /names \/none\.yaml, which is not mounted/,
    why: /starts without a config/,
  },
];

/** The notes on a LiteLLM of the official image without a command, each with its line. */
function notesOf(environment: string, mount: string): { what: string; line: number | undefined }[] {
  const write = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { LITELLM_MASTER_KEY: sk-long-enough-for-a-key, DATABASE_URL: "", ${environment} }
    volumes: ["${mount}"]
`;
  using copy = patchedCopy(reference, [{ file: "compose.yaml", write }]);
  const facts = readFacts(copy.folder);
  facts.liteLLM();
  expect(facts.faults.faults).toEqual([]);
  return facts.notes.notes.map(({ what, line }) => ({ what, line }));
}

const noServer = { what: "LiteLLM has no MCP server", line: 2 };

test.each([
  ["./litellm/config.yaml:/app/config.yaml:ro", "/app/config.yaml"],
  ["./litellm:/app/config", "/app/config/config.yaml"],
])("a config that is mounted and that nothing names: %s", (mount, file) => {
  const what = `${file} looks like LiteLLM's config, and nothing tells LiteLLM to read it`;
  expect(notesOf("A: b", mount)).toEqual([{ what, line: 5 }]);
});

test("a config that only a variable names which LiteLLM does not have", () => {
  const what = "LITELLM_CONFIG_PATH names /app/config.yaml, and LiteLLM has no such variable";
  const notes = notesOf("LITELLM_CONFIG_PATH: /app/config.yaml", "./litellm/config.yaml:/app/config.yaml");
  expect(notes).toEqual([{ what, line: 4 }]);
});

test("a config that CONFIG_FILE_PATH names and that is in no mount", () => {
  const what = "CONFIG_FILE_PATH names /app/other.yaml, which is not mounted into 'litellm'";
  expect(notesOf("CONFIG_FILE_PATH: /app/other.yaml", "./compose.yaml:/app/compose.yaml")).toEqual([{ what, line: 4 }]);
});

test("PORT without a command, which is the image's then", () => {
  const other = "./compose.yaml:/app/other.yaml";
  expect(notesOf("PORT: 80", other)).toContainEqual({ what: "PORT is 80, and LiteLLM listens on 4000", line: 4 });
  expect(notesOf("PORT: 4000", other)).toEqual([noServer]);
});

test("another file than a config of LiteLLM may be mounted", () => {
  expect(notesOf("A: b", "./compose.yaml:/app/other.yaml")).toEqual([noServer]);
});

describe("what LiteLLM accepts and does not honour", () => {
  test.each(findings)("$name", ({ patches, version, at, file = "litellm/config.yaml", what, why, fix = /\S/ }) => {
    using copy = patchedCopy(reference, patches);
    const facts = readFacts(copy.folder, { versions: { litellm: version } });
    facts.liteLLM();
    expect(facts.faults.faults).toEqual([]);
    const found = facts.notes.notes.find((note) => what.test(note.what) && why.test(note.why));
    expect(found, facts.notes.notes.map((note) => `${note.line}: ${note.what}: ${note.why}`).join("\n")).toBeDefined();
    expect(found?.file).toBe(join(copy.folder, file));
    expect(found?.fix).toMatch(fix);
    if (at === "nowhere") return;
    const lines = readFileSync(join(copy.folder, file), "utf8").split("\n");
    expect(lines[(found?.line ?? 0) - 1]).toContain(at);
  });
});

test.each([
  [
    "has the script",
    "./litellm:/app",
    { "litellm/docker/prod_entrypoint.sh": "" },
    "image: ghcr.io/berriai/litellm:main-v1.77.1",
  ],
  ["is not in the folder", "/srv/litellm:/app", {}, "image: ghcr.io/berriai/litellm:main-v1.77.1"],
  ["is elsewhere", "./litellm:/app/config", {}, "image: ghcr.io/berriai/litellm:main-v1.77.1"],
  ["is a volume", "data:/app", {}, "image: ghcr.io/berriai/litellm:main-v1.77.1"],
  ["is in an older image", "./litellm:/app", {}, "image: ghcr.io/berriai/litellm:main-v1.56.10"],
  ["is in another image", "./litellm:/app", {}, "image: example.org/gateway:v1.77.1"],
  [
    "does not matter to the entry point",
    "./litellm:/app",
    {},
    "image: ghcr.io/berriai/litellm:main-v1.77.1, entrypoint: [litellm]",
  ],
])("a directory over /app that %s is not reported", (_name, mount, files, service) => {
  const write = `services: { litellm: { ${service}, volumes: ["${mount}"] } }\nvolumes: { data: {} }\n`;
  const added = Object.entries(files).map(([file, text]) => ({ file, write: text }));
  using copy = patchedCopy(reference, [{ file: "compose.yaml", write }, ...added]);
  const facts = readFacts(copy.folder);
  facts.liteLLM();
  expect(facts.notes.notes.map(({ what }) => what).join("\n")).not.toMatch(/hides/);
});

const compose1234 = (image: string): string =>
  `services:\n  litellm:\n    image: ${image}\n    environment:\n      LITELLM_MASTER_KEY: sk-1234\n`;

test.each([
  [
    "ghcr.io/berriai/litellm:main-latest",
    /LITELLM_MASTER_KEY to a long .*; or name the version .*: parts\.litellm\.version/,
  ],
  ["ghcr.io/berriai/litellm:v1.106.2", /LITELLM_MASTER_KEY to a long (?!.*parts)/],
])(
  "the example's key in a variable is refused at its line, and the version named where it is a guess: %s",
  (image, fix) => {
    using copy = patchedCopy(reference, [{ file: "compose.yaml", write: compose1234(image) }]);
    const facts = readFacts(copy.folder);
    facts.liteLLM();
    expect(facts.faults.faults).toMatchObject([{ line: 5, fix: expect.stringMatching(fix) }]);
  },
);

test.each([
  [
    "the key in the wrong section",
    [litellm("  master_key: os.environ/LITELLM_MASTER_KEY", "  none: x"), env("LITELLM_MASTER_KEY=", "OTHER=")],
  ],
  ["the example's key", [env("LITELLM_MASTER_KEY=sk-change-me-master-000000000000", "LITELLM_MASTER_KEY=sk-1234")]],
])("1.106.2 refuses to start: %s", (_name, patches) => {
  using copy = patchedCopy(reference, patches);
  const facts = readFacts(copy.folder, { versions: { litellm: "1.106.2" } });
  facts.liteLLM();
  expect(facts.faults.faults.map(({ what }) => what).join()).toMatch(/refuses to start/);
});

const signIn = (lines: string): Patch =>
  litellm("  filesystem:", `  crm:\n    url: http://crm:8000/mcp\n    auth_type: oauth2\n${lines}  filesystem:`);

test.each([
  ["nothing", "", "auth_type: oauth2", /^mcp_servers\.crm has auth_type oauth2 and no oauth2_flow: LiteLLM/],
  [
    "another word",
    "    oauth2_flow: code\n",
    "oauth2_flow: code",
    /^oauth2_flow of mcp_servers\.crm is 'code': LiteLLM/,
  ],
])("a server with OAuth needs who signs in, from 1.99.0 on: %s", (_name, lines, at, what) => {
  using copy = patchedCopy(reference, [signIn(lines)]);
  const faultsOf = (version: string) => {
    const facts = readFacts(copy.folder, { versions: { litellm: version } });
    facts.liteLLM();
    return facts.faults.faults;
  };
  const config = readFileSync(join(copy.folder, "litellm/config.yaml"), "utf8").split("\n");
  const line = config.findIndex((text) => text.includes(at)) + 1;
  const fault = { line, what: expect.stringMatching(what), fix: expect.stringContaining("authorization_code") };
  expect(faultsOf("1.99.0")).toMatchObject([fault]);
  expect(faultsOf("1.106.2")).toMatchObject([fault]);
  expect(faultsOf("1.92.0")).toEqual([]);
});

test("where the version is a guess, naming it is another fix for a server with OAuth", () => {
  using copy = patchedCopy(reference, [
    signIn(""),
    compose("berriai/litellm:main-v1.77.1", "berriai/litellm:main-latest"),
  ]);
  const facts = readFacts(copy.folder);
  facts.liteLLM();
  expect(facts.faults.faults).toMatchObject([
    { fix: expect.stringMatching(/; or name the version that runs: parts\.litellm\.version/) },
  ]);
});

test.each(["authorization_code", "client_credentials", "os.environ/SIGN_IN"])(
  "a server with OAuth may say %s",
  (flow) => {
    using copy = patchedCopy(reference, [signIn(`    oauth2_flow: ${flow}\n`)]);
    const facts = readFacts(copy.folder, { versions: { litellm: "1.106.2" } });
    facts.liteLLM();
    expect(facts.faults.faults).toEqual([]);
  },
);

test("where LiteLLM reads no config, the master key goes into its environment", () => {
  using copy = patchedCopy(reference, [
    compose('["--config", "/app/config.yaml", "--port", "4000"]', '["--port", "4000"]'),
    env("LITELLM_MASTER_KEY=sk-change-me-master-000000000000", "LITELLM_MASTER_KEY="),
  ]);
  const facts = readFacts(copy.folder);
  facts.liteLLM();
  const noKey = facts.notes.notes.filter(({ what }) => what.endsWith("so LiteLLM has no master key"));
  const fix = expect.stringMatching(/^add command: .*, and set LITELLM_MASTER_KEY .* in LiteLLM's environment$/);
  expect(noKey).toMatchObject([{ fix }]);
});

test.each([
  ["npx", "1.106.2"],
  ["/usr/local/bin/uvx", "1.106.2"],
  ["NPX.CMD", "1.106.2"],
  ["any-command", "1.77.1"],
])("LiteLLM starts a stdio server's %s by default", (command, version) => {
  using copy = patchedCopy(reference, [
    litellm("command: postgres-mcp", `command: ${command}`),
    litellm("command: mcp-server-filesystem", `command: ${command}`),
    compose("postgres-mcp,mcp-server-filesystem", "none"),
  ]);
  const facts = readFacts(copy.folder, { versions: { litellm: version } });
  facts.liteLLM();
  expect(facts.notes.notes.filter(({ what }) => what.includes("does not start"))).toEqual([]);
});

test("a name with a dash is a name where another separator is set", () => {
  using copy = patchedCopy(reference, [
    litellm("  filesystem:", "  file-system:"),
    env("LITELLM_MASTER_KEY=", "MCP_TOOL_PREFIX_SEPARATOR=__\nLITELLM_MASTER_KEY="),
  ]);
  const facts = readFacts(copy.folder);
  expect(facts.liteLLM()?.config.separator).toBe("__");
  expect(facts.faults.faults).toEqual([]);
});

test("variables under a key that LiteLLM ignores, and in texts for people, are no findings of their own", () => {
  using copy = patchedCopy(reference, [
    litellm(
      "    command: postgres-mcp",
      "    command: postgres-mcp\n    headers: { Authorization: Bearer os.environ/NOPE }\n    api_keys: [os.environ/NOPE]\n" +
        "    description: reads os.environ/NOPE and ${NOPE}\n    allowed_tools: [os.environ/NOPE]",
    ),
    litellm("mcp_servers:", "virtual_keys: [{ api_key: os.environ/NOPE }]\nmcp_servers:"),
  ]);
  const facts = readFacts(copy.folder);
  const config = facts.liteLLM()?.config;
  expect(facts.notes.notes.map(({ what }) => what)).toEqual([
    "unknown key 'virtual_keys'",
    "unknown key 'headers' in mcp_servers.postgres",
    "unknown key 'api_keys' in mcp_servers.postgres",
    "'allowed_tools' in mcp_servers.postgres",
  ]);
  expect(config?.serverFindings).toEqual(new Map());
});

test.each([
  ["npx", "env: { TOKEN: os.environ/LITELLM_MASTER_KEY }", 0],
  ["npx", "env: { OTHER: os.environ/LITELLM_MASTER_KEY }", 1],
])("mcp-remote replaces variables of its env in its headers: %s %s", (command, env, count) => {
  const args = '["-y", "mcp-remote", "https://mcp.example.org/sse", "--header", "Authorization: Bearer ${TOKEN}"]';
  using copy = patchedCopy(reference, [
    litellm(
      "mcp_servers:\n",
      `mcp_servers:\n  far: { transport: stdio, command: ${command}, args: ${args}, ${env} }\n`,
    ),
  ]);
  const facts = readFacts(copy.folder);
  facts.liteLLM();
  expect(facts.notes.notes.filter(({ what }) => what.includes("far.args has"))).toHaveLength(count);
});

test("the reference has no finding", () => {
  const facts = readFacts(reference);
  facts.liteLLM();
  expect(facts.notes.notes).toEqual([]);
});
