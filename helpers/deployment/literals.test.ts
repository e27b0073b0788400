import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { compose, env, litellm } from "./broken/broken-deployment.ts";
import { loadDeployment } from "./load.ts";
import { makeCanaries } from "./source/canaries.ts";
import { type Patch, patchedCopy } from "./source/patched-copy.ts";
import { writtenFolder } from "./source/written-folder.ts";

const reference = resolve(import.meta.dirname, "../../deployments/reference");
const environment = '      LITELLM_ENABLE_MCP_STDIO: "true"';

test("the reference has no literal secret", async () => {
  expect((await loadDeployment(reference)).literals).toEqual([]);
});

test.each<{ name: string; patch: Patch; file: string; secret: string; place: RegExp }>([
  {
    name: "a key in a label",
    patch: compose("Bearer ${LITELLM_STATUS_KEY}", "Bearer sk-written-into-the-label-0001"),
    file: "compose.yaml",
    secret: "sk-written-into-the-label-0001",
    place: /^the label traefik\.http\.middlewares\..* of litellm$/,
  },
  {
    name: "a password in an environment",
    patch: compose(environment, `${environment}\n      REDIS_PASSWORD: written-here-77`),
    file: "compose.yaml",
    secret: "written-here-77",
    place: /^the variable REDIS_PASSWORD of litellm$/,
  },
  {
    name: "a password in a URL",
    patch: compose(environment, `${environment}\n      DATABASE_URL: postgresql://one:written-here-78@db/x`),
    file: "compose.yaml",
    secret: "written-here-78",
    place: /^the variable DATABASE_URL of litellm$/,
  },
  {
    name: "the master key in LiteLLM's config",
    patch: litellm("master_key: os.environ/LITELLM_MASTER_KEY", "master_key: sk-also-written-here-0003"),
    file: "litellm/config.yaml",
    secret: "sk-also-written-here-0003",
    place: /^general_settings\.master_key of LiteLLM's config$/,
  },
  ...(
    [
      ["a DSN", '"postgresql://user:written-here-79@db/x"'],
      ["an option with =", '"--token=written-here-79"'],
      ["an option and its value", '"--api-key", "written-here-79"'],
      ["a variable of a container", '"-e", "GITHUB_TOKEN=written-here-79"'],
      ["a header", '"--header", "X-API-Key: written-here-79"'],
      ["a text of pairs", '"--dsn", "host=db password=written-here-79 user=x"'],
      ["a shell's variable", '"-c", "PGPASSWORD=written-here-79 exec postgres-mcp"'],
      ["the query of a URL", '"https://example.org/mcp?one=1&apiKey=written-here-79"'],
    ] as const
  ).map(([name, words]) => ({
    name: `a secret in the args of a stdio server: ${name},`,
    patch: litellm('args: ["--access-mode=restricted"]', `args: ["-y", ${words}]`),
    file: "litellm/config.yaml",
    secret: "written-here-79",
    place: /^mcp_servers\.postgres\.args of LiteLLM's config$/,
  })),
  {
    name: "a token without a name",
    patch: litellm('args: ["--access-mode=restricted"]', `args: [ghp_${"a1B2".repeat(9)}]`),
    file: "litellm/config.yaml",
    secret: `ghp_${"a1B2".repeat(9)}`,
    place: /^mcp_servers\.postgres\.args of LiteLLM's config$/,
  },
])("$name is found with its line, and replaced by a canary of the run", async ({ patch, file, secret, place }) => {
  using copy = patchedCopy(reference, [patch]);
  const asWritten = await loadDeployment(copy.folder);
  expect(asWritten.literals).toHaveLength(1);
  const [literal] = asWritten.literals;
  expect(literal).toMatchObject({ name: expect.stringMatching(place), value: secret });
  expect(literal?.location.file).toBe(join(copy.folder, file));
  const lines = readFileSync(join(copy.folder, file), "utf8").split("\n");
  expect(lines[(literal?.location.line ?? 0) - 1]).toContain(secret);

  const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  const canaries = makeCanaries(asWritten.policy, originals, asWritten.literals);
  const run = await loadDeployment(copy.folder, { replace: canaries.secrets, literals: asWritten.literals });
  expect(run.literals).toEqual(asWritten.literals);
  const { litellm: service, litellmConfig } = run;
  const texts = [
    ...service.labels.values(),
    ...service.environment.values(),
    ...litellmConfig.texts.map((one) => one.value),
  ];
  expect(texts.filter(({ value }) => value.includes(secret))).toEqual([]);
  expect(texts.some(({ value }) => value.includes(canaries.secrets.get(literal?.name ?? "") ?? "none"))).toBe(true);
});

test.each([
  [
    "a reference to a variable",
    litellm("model: openai/gpt-5\n", "model: openai/gpt-5\n      password: os.environ/NOPE\n"),
  ],
  ["a password's hash", compose(environment, `${environment}\n      ADMIN_PASSWORD: $$2a$$10$$abcdefghijklmnopqrstuv`)],
  [
    "a challenge",
    compose(
      "customresponseheaders.WWW-Authenticate: Bearer",
      'customresponseheaders.WWW-Authenticate: Bearer resource_metadata="https://litellm.ai-servicers.com/metadata"',
    ),
  ],
  [
    "a reference that the program resolves",
    compose(environment, `${environment}\n      OWN_SECRET: file:///run/secrets/own_secret_1`),
  ],
  [
    "an option's place of a secret",
    litellm('"--access-mode=restricted"', '"--token", "--verbose-output-1", "--secret=/run/secrets/one_1"'),
  ],
  ["a path to a secret", compose(environment, `${environment}\n      KEY_FILE_TOKEN: /run/secrets/token_1234`)],
])("%s is not a literal secret", async (_name, patch) => {
  using copy = patchedCopy(reference, [patch]);
  expect((await loadDeployment(copy.folder)).literals).toEqual([]);
});

test("two secrets in the args of one server have names and canaries of their own, and the words around them stay", async () => {
  const args = '["--token=written-here-81", "--url", "https://one:written-here-82@db"]';
  using copy = patchedCopy(reference, [litellm('["--access-mode=restricted"]', args)]);
  const { policy, literals, variables } = await loadDeployment(copy.folder);
  expect(literals.map(({ name, value }) => [name, value])).toEqual([
    ["mcp_servers.postgres.args of LiteLLM's config", "written-here-82"],
    ["mcp_servers.postgres.args of LiteLLM's config (2)", "written-here-81"],
  ]);
  const originals = new Map([...variables].map(([name, { value }]) => [name, value]));
  const { secrets } = makeCanaries(policy, originals, literals);
  const run = await loadDeployment(copy.folder, { replace: secrets, literals });
  const [password, token] = literals.map(({ name }) => secrets.get(name));
  expect(run.litellmConfig.upstreams.find(({ name }) => name === "postgres")).toMatchObject({
    args: [`--token=${token}`, "--url", `https://one:${password}@db`],
  });
});

test("a text of several variables is not a literal secret", async () => {
  using copy = patchedCopy(reference, [
    compose(environment, `${environment}\n      RUNNER_API_KEY: "\${ONE_KEY:-},\${OTHER_KEY:-}"`),
    {
      file: "policy.yaml",
      find: "hosts:\n",
      replace: "variables: { ONE_KEY: first-key-000001, OTHER_KEY: second-key-00002 }\nhosts:\n",
    },
  ]);
  const { literals, compose: read } = await loadDeployment(copy.folder);
  const values = [...read.services.values()].map((service) => service.environment.get("RUNNER_API_KEY")?.value);
  expect(values).toContain("first-key-000001,second-key-00002");
  expect(literals).toEqual([]);
});

test("a secret of the env file that the policy does not list is noted, and stays as it is", async () => {
  const line = "CF_DNS_API_TOKEN=example-token-0001";
  using copy = patchedCopy(reference, [env("LITELLM_MASTER_KEY=", `${line}\nLITELLM_MASTER_KEY=`)]);
  const { facts, literals } = await loadDeployment(copy.folder);
  expect(literals).toEqual([]);
  const notes = facts.notes.notes.filter(({ what }) => what.includes("looks like a secret"));
  expect(notes).toHaveLength(1);
  const lines = readFileSync(join(copy.folder, "litellm.env.example"), "utf8").split("\n");
  expect(lines[(notes[0]?.line ?? 0) - 1]).toBe(line);
});

const gateway = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: [--config, /app/config.yaml]
    volumes: [./config.yaml:/app/config.yaml:ro]
    environment: { LITELLM_MASTER_KEY: $LITELLM_MASTER_KEY }
`;
const database = (name: string): string =>
  `services: { ${name}: { image: postgres:16, environment: { POSTGRES_PASSWORD: $DB_PASSWORD } } }\n`;
const policyOf = (compose: string, secrets: string): string => `compose:
${compose}
services: { traefik: false }
hosts:
  - { name: gateway.lan, scheme: http, zone: internal, access: [{ who: litellm }] }
secrets:
  - { name: LITELLM_MASTER_KEY, kind: api-key, may_be_in: [litellm.environment] }
${secrets}
`;

/** What the notes of a small gateway without Traefik say. */
async function notesOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  using copy = writtenFolder({ "compose.yaml": gateway, "config.yaml": "model_list: []\n", ...files });
  const { facts } = await loadDeployment(copy.folder);
  return facts.notes.notes.map(({ what }) => what);
}

test("a variable that fills a secret of compose is listed with it", async () => {
  const notes = await notesOf({
    "compose.yaml": `${gateway}    secrets: [cf_token]\nsecrets: { cf_token: { environment: CF_DNS_API_TOKEN } }\n`,
    ".env": "LITELLM_MASTER_KEY=sk-of-the-gateway-01\nCF_DNS_API_TOKEN=example-token-0001\n",
    "policy.yaml": policyOf(
      "  - { files: [compose.yaml] }",
      "  - { name: cf_token, in: compose-secret, kind: password, may_be_in: [litellm.environment] }",
    ),
  });
  expect(notes.filter((what) => what.includes("looks like a secret"))).toEqual([]);
});

test("a common password that the env file of one of several projects holds is not in the file itself", async () => {
  const notes = await notesOf({
    ".env": "LITELLM_MASTER_KEY=sk-of-the-gateway-01\n",
    "one/compose.yaml": database("one"),
    "one/.env": "DB_PASSWORD=a-random-password-01\n",
    "two/compose.yaml": database("two"),
    "two/.env": "DB_PASSWORD=changeme\n",
    "policy.yaml": policyOf(
      "  - { files: [compose.yaml] }\n  - { files: [one/compose.yaml] }\n  - { files: [two/compose.yaml] }",
      "  - { name: DB_PASSWORD, kind: password, may_be_in: [one.environment, two.environment] }",
    ),
  });
  expect(notes.filter((what) => what.includes("a password in the file itself"))).toEqual([]);
});

test("a short key keeps its form, because LiteLLM looks at it", async () => {
  using copy = patchedCopy(reference, [compose(environment, `${environment}\n      OTHER_MASTER_KEY: sk-gate77`)]);
  const { policy, literals } = await loadDeployment(copy.folder);
  expect(literals).toMatchObject([{ value: "sk-gate77", kind: "api-key" }]);
  const { secrets } = makeCanaries({ ...policy, secrets: [] }, new Map(), literals);
  expect(secrets.get(literals[0]?.name ?? "")).toMatch(/^sk-canary-/);
});

test.each<{ name: string; line: string; place: string | undefined }>([
  {
    name: "a password that is the name of the program",
    line: "POSTGRES_PASSWORD: litellm",
    place: "the variable POSTGRES_PASSWORD of litellm",
  },
  {
    name: "a word in a URL",
    line: "OTHER_URL: postgresql://litellm:litellm@db/x",
    place: "the variable OTHER_URL of litellm",
  },
  { name: "a random password", line: "POSTGRES_PASSWORD: written-here-79", place: undefined },
  {
    name: "a placeholder",
    line: "OTHER_URL: 'postgresql://litellm:<PASSWORD>@db/x'",
    place: undefined,
  },
  { name: "a dummy key", line: "OLLAMA_API_KEY: dummy", place: undefined },
  { name: "a count of tokens", line: 'MAX_TOKEN: "4096"', place: undefined },
  { name: "no password", line: 'REDIS_PASSWORD: ""', place: undefined },
  { name: "a password that a variable holds", line: "REDIS_PASSWORD: ${WORD}", place: undefined },
  { name: "a URL that a variable holds", line: "OTHER_URL: ${ADDRESS}", place: undefined },
])("$name in a file that no check looks for: $place", async ({ line, place }) => {
  using copy = patchedCopy(reference, [
    compose(environment, `${environment}\n      ${line}`),
    {
      file: "policy.yaml",
      find: "hosts:\n",
      replace: "variables: { WORD: hidden, ADDRESS: 'redis://one:hidden@cache' }\nhosts:\n",
    },
  ]);
  const { facts, literals } = await loadDeployment(copy.folder);
  const notes = facts.notes.notes.filter(({ what }) => what.includes("has a password in the file itself"));
  expect(notes.map(({ kind, what }) => [kind, what.split(" has ")[0]])).toEqual(
    place === undefined ? [] : [["not-proved", place]],
  );
  expect(literals.length).toBe(line.includes("written-here") ? 1 : 0);
});
