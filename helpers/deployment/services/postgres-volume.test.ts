import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";

const volumes = "volumes: [pg:/var/lib/postgresql/data]";

/** What is noted of the database of the example `database`, with another image and other lines in place of its volume. */
async function notesOf(image: string, lines = volumes, url = "@litellm-db:5432") {
  using copy = patchedCopy("deployments/examples/database", [
    { file: "compose.yaml", find: "image: postgres:17", replace: `image: ${image}` },
    { file: "compose.yaml", find: volumes, replace: lines },
    { file: "compose.yaml", find: "@litellm-db:5432", replace: url },
  ]);
  const { facts } = await loadDeployment(copy.folder);
  const own = facts.notes.notes.filter(({ what }) => /keeps the database in/.test(what));
  return own.map(({ kind, line, what, weight }) => ({ kind, line, what, weight }));
}

test.each([
  ["postgres:18", volumes, 18],
  ["postgres:18.1-alpine", volumes, 18],
  ["docker.io/library/postgres:19beta1@sha256:0000", volumes, 19],
  ["mirror.example.org/library/postgres:18-trixie", volumes, 18],
  ["pgvector/pgvector:0.8.1-pg18-trixie", volumes, 18],
  ["postgis/postgis:18-3.6", volumes, 18],
  ["postgres:18", "volumes: [/var/lib/postgresql/data/]", 18],
  ["postgres:18", "tmpfs: /var/lib/postgresql/data", 18],
  ["postgres:18", `command: -c max_connections=200\n    ${volumes}`, 18],
])("%s refuses the mount at the old path: %s", async (image, lines, major) => {
  expect(await notesOf(image, lines)).toEqual([
    {
      kind: "finding",
      line: lines.includes("\n") ? 68 : 67,
      what: `litellm-db has a mount at /var/lib/postgresql/data, and its image of PostgreSQL ${major} keeps the database in /var/lib/postgresql/${major}/docker`,
      weight: "stops",
    },
  ]);
});

test.each([
  ["postgres:17", volumes],
  ["postgres:latest", volumes],
  ["postgres", volumes],
  ["timescale/timescaledb:latest-pg18", volumes],
  ["bitnami/postgresql:18", volumes],
  ["postgres:18", "volumes: [pg:/var/lib/postgresql]"],
  ["postgres:18", "volumes: [pg:/var/lib/postgresql, /var/lib/postgresql/data]"],
  ["postgres:18", "volumes: [pg:/var/lib/postgresql/data/pgdata]"],
  ["postgres:18", `command: sleep infinity\n    ${volumes}`],
  ["postgres:18", `entrypoint: /start.sh\n    ${volumes}`],
])("nothing is noted of %s with %s", async (image, lines) => {
  expect(await notesOf(image, lines)).toEqual([]);
});

test("nothing is noted where PGDATA names the old path", async () => {
  using copy = patchedCopy("deployments/examples/database", [
    { file: "compose.yaml", find: "image: postgres:17", replace: "image: postgres:18" },
    {
      file: "compose.yaml",
      find: "{ POSTGRES_DB: litellm,",
      replace: "{ PGDATA: /var/lib/postgresql/data, POSTGRES_DB: litellm,",
    },
  ]);
  const { facts } = await loadDeployment(copy.folder);
  expect(facts.notes.notes.filter(({ what }) => /keeps the database in/.test(what))).toEqual([]);
});

test("a database that is not LiteLLM's weighs less", async () => {
  expect(await notesOf("postgres:18", volumes, "@db.example.org:5432")).toMatchObject([{ weight: undefined }]);
});
