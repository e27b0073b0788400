import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { makeCanaries } from "../source/canaries.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";

const file = "compose.yaml";
const url = "postgresql://litellm:${PG_PASSWORD}@litellm-db:5432/litellm";
const made = '{ POSTGRES_DB: litellm, POSTGRES_USER: litellm, POSTGRES_PASSWORD: "${PG_PASSWORD}" }';

function change(find: string, replace: string): Patch {
  return { file, find, replace };
}
const withUrl = (replace: string): Patch => change(url, replace);
const withMade = (replace: string): Patch => change(made, replace);
const withServer = (lines: string): Patch => change("    image: postgres:17\n", `    image: postgres:17\n${lines}`);

/** What is noted about the database of a changed example, as written and in a run, which must agree. */
async function notesIn(example: string, patches: readonly Patch[]) {
  using copy = patchedCopy(`deployments/${example}`, patches);
  const asWritten = await loadDeployment(copy.folder);
  const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  const { secrets: replace, literals } = makeCanaries(asWritten.policy, originals, asWritten.literals);
  const [found, inRun] = [asWritten, await loadDeployment(copy.folder, { replace, literals })].map(({ facts }) =>
    facts.notes.notes.filter(({ what }) => /^(?:DATABASE_|the password in|general_settings\.database)/.test(what)),
  );
  expect(inRun).toEqual(found);
  return (found ?? []).map(({ file: at, line = 0, what, kind, weight, fix }) => {
    const text = readFileSync(at, "utf8").split("\n")[line - 1]?.trim();
    return { what, fix, is: weight ?? kind, text };
  });
}

const external = "networks: [web, internal]\n    labels";
const inside = change(external, "networks: [internal]\n    labels");
const depends = change("      litellm-db: { condition: service_healthy }\n", "");

test.each<[string, Patch[], RegExp, string, string]>([
  ["another host", [withUrl(url.replace("-db:", "-bd:"))], /the host 'litellm-bd'/, "write 'litellm-db'", "stops"],
  [
    "another port",
    [withUrl(url.replace("5432", "5433"))],
    /port 5433 of .* on 5432$/,
    "write litellm-db:5432",
    "stops",
  ],
  [
    "a port by PGPORT",
    [withMade(made.replace('}" }', '}", PGPORT: 5440 }'))],
    /on 5440$/,
    "write litellm-db:5440",
    "stops",
  ],
  ["a port by the command", [withServer("    command: -c port=5441\n")], /on 5441$/, "write litellm-db:5441", "stops"],
  [
    "the password of another server",
    [withUrl(url.replace("PG_", "REDIS_"))],
    /^the password in DATABASE_URL is not the POSTGRES_PASSWORD of litellm-db$/,
    "use the same variable in both",
    "stops",
  ],
  [
    "passwords of two variables that no file sets",
    [
      withUrl(url.replace("PG_", "REDIS_")),
      { file: ".env", find: "PG_PASSWORD=example-pw-0002\nREDIS_PASSWORD=example-redis-0002\n", replace: "" },
    ],
    /variables that no file sets$/,
    "use the same variable in both",
    "not-proved",
  ],
  [
    "another user",
    [withUrl(url.replace("litellm:", "llm:"))],
    /user 'llm', .* makes 'litellm'/,
    "write 'litellm', or",
    "stops",
  ],
  [
    "no POSTGRES_USER",
    [withMade(made.replace(" POSTGRES_USER: litellm,", ""))],
    /makes 'postgres'/,
    "write 'postgres'",
    "stops",
  ],
  [
    "a similar database",
    [withUrl(url.replace(/litellm$/, "litelm"))],
    /database 'litelm', .* makes 'litellm'/,
    "write 'litellm'",
    "finding",
  ],
  [
    "a host that is like no service",
    [inside, withUrl(url.replace("litellm-db", "nas"))],
    /the host 'nas'/,
    "service's name",
    "not-proved",
  ],
])("%s", async (_name, patches, what, fix, is) => {
  const [found, ...others] = await notesIn("examples/database", patches);
  expect(others).toEqual([]);
  expect(found?.what).toMatch(what);
  expect(found?.fix).toContain(fix);
  expect(found?.is).toBe(is);
  expect(found?.text).toMatch(/^DATABASE_URL: /);
  expect(JSON.stringify(found?.what)).not.toContain("example-");
});

test.each<[string, Patch[]]>([
  ["a host with a dot", [withUrl(url.replace("litellm-db", "db.example.org"))]],
  ["an address", [withUrl(url.replace("litellm-db:5432", "192.0.2.4:6543"))]],
  ["the gateway host", [withUrl(url.replace("litellm-db", "host.docker.internal"))]],
  [
    "a host of extra_hosts",
    [
      withUrl(url.replace("litellm-db", "nas")),
      change(
        "    profiles: [litellm]\n    command",
        "    profiles: [litellm]\n    extra_hosts: [nas:192.0.2.5]\n    command",
      ),
    ],
  ],
  ["a host on a network that other projects share", [withUrl(url.replace("litellm-db", "shared"))]],
  ["a similar host there, without depends_on", [depends, withUrl(url.replace("litellm-db", "litellm-bd"))]],
  ["the container's name", [withServer("    container_name: pg\n"), withUrl(url.replace("litellm-db", "pg"))]],
  [
    "an alias",
    [
      change("networks: [internal]\n\n  redis", "networks: { internal: { aliases: [pg] } }\n\n  redis"),
      withUrl(url.replace("litellm-db", "PG")),
    ],
  ],
  ["a user of the operator's own", [withUrl("postgresql://app:own-secret-1@litellm-db/app")]],
  ["another database", [withUrl(url.replace(/litellm$/, "gateway"))]],
  [
    "scripts that make users",
    [
      withServer("    configs: [{ source: users, target: /docker-entrypoint-initdb.d/u.sql }]\n"),
      change("volumes: { acme", "configs: { users: { content: x } }\nvolumes: { acme"),
      withUrl(url.replace("PG_", "REDIS_")),
    ],
  ],
  [
    "a password in a file",
    [withMade(made.replace('POSTGRES_PASSWORD: "${PG_PASSWORD}"', "POSTGRES_PASSWORD_FILE: /run/pw"))],
  ],
  [
    "no password at all",
    [withMade(made.replace('POSTGRES_PASSWORD: "${PG_PASSWORD}"', "POSTGRES_HOST_AUTH_METHOD: trust"))],
  ],
  [
    "a proxy in front of PostgreSQL",
    [change("image: postgres:17", "image: edoburu/pgbouncer:1.24"), withUrl(url.replace("5432", "6432"))],
  ],
  [
    "a configuration of the operator's",
    [withServer("    command: -c config_file=/pg.conf\n"), withUrl(url.replace("5432", "6432"))],
  ],
  [
    "a whole URL in the env file",
    [
      withUrl("${DSN}"),
      {
        file: ".env",
        find: "PG_PASSWORD=",
        replace: "DSN=postgresql://litellm:example-pw-0002@litellm-db:5432/litellm\nPG_PASSWORD=",
      },
      {
        file: "policy.yaml",
        find: "  - { name: PG_PASSWORD",
        replace: "  - { name: DSN, kind: postgres-url, may_be_in: [litellm.environment] }\n  - { name: PG_PASSWORD",
      },
    ],
  ],
  [
    "a URL that the policy's variables make up",
    [
      withUrl("${DSN}"),
      {
        file: "policy.yaml",
        find: "env_file: .env",
        replace: "env_file: .env.example\nvariables: { DSN: 'postgresql://litellm:placeholder@postgres:5432/litellm' }",
      },
      {
        file: ".env.example",
        write:
          "BASE_DOMAIN=example.org\nCOMPOSE_PROFILES=litellm,mcp\nLITELLM_MASTER_KEY=sk-example-master-0002\nLITELLM_SALT_KEY=x\nPG_PASSWORD=y\nREDIS_PASSWORD=z\nMCP_TOKEN=t\n",
      },
    ],
  ],
])("nothing is said of %s", async (_name, patches) => {
  expect(await notesIn("examples/database", patches)).toEqual([]);
});

test.each([
  "reference",
  "as-found",
  ...["allow-list", "database", "direct", "keycloak", "swarm", "two-projects", "virtual-keys"].map(
    (name) => `examples/${name}`,
  ),
])("%s agrees with its database", async (folder) => {
  expect(await notesIn(folder, [])).toEqual([]);
});

test("single variables have their own lines", async () => {
  const single =
    "DATABASE_HOST: litellm-db:5433\n      DATABASE_USERNAME: litellm\n      DATABASE_NAME: litellm\n      DATABASE_PASSWORD: ${REDIS_PASSWORD}";
  const found = await notesIn("examples/database", [change(`DATABASE_URL: ${url}`, single)]);
  expect(found.map(({ text }) => text)).toEqual([
    "DATABASE_HOST: litellm-db:5433",
    "DATABASE_PASSWORD: ${REDIS_PASSWORD}",
  ]);
});
