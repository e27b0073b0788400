import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { type DeploymentView, deploymentView } from "../deployment-view.ts";
import { smallDeployment } from "../small-deployment.ts";
import { externalCacheRemarks, externalDatabaseQuestions, externalDatabaseRemarks } from "./external-databases.ts";
import { stateUpstreams } from "./upstreams.ts";

/** A LiteLLM with a database, and an MCP server in a container of its own with another one. */
function viewOf(own: string, upstreams: string): DeploymentView {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: --config /app/config.yaml
    environment: { LITELLM_MASTER_KEY: sk-one-0000, DATABASE_URL: "${own}" }
    volumes: [./config.yaml:/app/config.yaml]
  db: { image: "postgres:17" }
  off: { image: "postgres:17", profiles: [off] }
  pgmcp: { image: "crystaldba/postgres-mcp:0.3.0", environment: { DATABASE_URI: "${upstreams}" } }
`,
    "config.yaml": 'mcp_servers: { pg: { transport: sse, url: "http://pgmcp:8000/sse" } }\n',
  });
  const view = deploymentView(readFacts(deployment.folder));
  if (typeof view === "string") throw new Error(`no ${view}`);
  return view;
}

const url = (host: string): string => `postgresql://app:secret-pw@${host}/app`;

test.each([
  ["redis.example.org", ["LiteLLM's Redis at redis.example.org (compose.yaml:5) runs in none of these files"]],
  ["db", []],
  ["off", []],
])("a Redis at %s that runs in none of the files is said to be left out", (host, expected) => {
  const view = viewOf(`${url("db")}", REDIS_HOST: "${host}`, url("db"));
  expect(externalCacheRemarks(view, [])).toEqual(expected.map((text) => expect.stringContaining(text)));
  expect(externalCacheRemarks(view, [{ text: `A=b\nREDIS_HOST=${host}\n` }])).toEqual([]);
});

test.each([
  ["db.example.org", true],
  ["10.0.0.7:6543", true],
  ["db", false],
  ["off", false],
  ["placeholder.invalid", false],
])("a PostgreSQL at %s is said to run in none of the files: %s", (host, isExternal) => {
  const view = viewOf(url(host), url(`${host.replace(":6543", "")}:7654`));
  const service = view.compose.services.get("pgmcp");
  if (service === undefined) throw new Error("no service");
  const name = host.replace(/:.*/, "");
  expect(externalDatabaseRemarks(view)).toEqual(
    isExternal
      ? [
          `LiteLLM's database at ${name} (compose.yaml:5) runs in none of these files: a run has a PostgreSQL of its own in its place.`,
        ]
      : [],
  );
  const questions = externalDatabaseQuestions(view, service);
  expect(questions).toHaveLength(isExternal ? 1 : 0);
  expect(questions.join()).not.toContain("secret-pw");
});

test("the question is one of the upstream, and none where the server is LiteLLM's own too", () => {
  const known = { versionsOf: () => [], toolsOf: () => ["query"], exampleOf: () => undefined };
  const questionsOf = (own: string, its: string) => stateUpstreams(viewOf(own, its), known)[0]?.questions;
  expect(questionsOf(url("db"), url("db.example.org"))).toEqual([
    expect.stringMatching(
      /^is a stand-in .* pgmcp calls the PostgreSQL at db\.example\.org \(DATABASE_URI, compose\.yaml:9\)/,
    ),
  ]);
  expect(questionsOf(url("db.example.org"), url("db.example.org"))).toEqual([]);
  expect(questionsOf("", "")).toEqual([]);
});
