import { randomUUID } from "node:crypto";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { commandEvidence } from "../../../helpers/checks/evidence.ts";
import { secretsIn } from "../../../helpers/core/text/redaction.ts";
import { argumentLine } from "../../../helpers/deployment/litellm/blame.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { callEvidence } from "../support/compare-calls.ts";
import { whyNotCalled } from "../support/listings.ts";
import { answerText, catalogueName, withClient } from "../support/mcp-client.ts";
import { serverFinding } from "../support/server-finding.ts";

check({
  id: "CAT-15/postgres-read-only",
  requirements: ["CAT-15"],
  title: "the Postgres upstream reads, and Postgres itself shows that it neither writes nor reaches further",
  needs: ["gateway", "canaries", "commands"],
  async run({ gateway, evidence }) {
    const upstream = databaseUpstream(gateway);
    const table = `limits_${randomUUID().slice(0, 8)}`;
    const marker = `/tmp/${table}`;
    await psql(gateway, `CREATE TABLE ${table} (value text); INSERT INTO ${table} VALUES ('untouched')`);
    try {
      const attempts = forbiddenStatements(table, marker);
      await withClient(gateway.policy.mcp.endpoint, gateway.mcp(), async (client) => {
        await expectReadable(gateway, client, upstream, table);
        await forEachCase(
          "a statement that would write or reach further is refused",
          attempts,
          (sql) => sql,
          (sql) => expectRefused(gateway, client, upstream, sql),
        );
      });
      await expectUntouched(gateway, upstream, { table, marker });
      evidence.finding(
        `The Postgres upstream reads and does not write: it refused ${attempts.length} statements (writing, DDL, stacked, ` +
          "COPY … PROGRAM, a file of the server, a query without an end); Postgres itself shows that the table and the server " +
          "were not changed, and no error contained a DSN or a password.",
      );
    } finally {
      await psql(gateway, `DROP TABLE IF EXISTS ${table}`);
    }
  },
});

/** The policy's upstream with a database. */
interface DatabaseUpstream {
  name: string;
  /** Name of its tool, in the catalogue. */
  tool: string;
  location: SourceLocation;
}

function databaseUpstream({ policy, deployment }: GatewayTarget): DatabaseUpstream {
  const upstream = policy.upstreams.find((one) => one.database !== undefined);
  if (upstream === undefined) throw new NotSupported("the policy names no upstream with a database");
  const configured = deployment.litellmConfig.upstreams.find(({ name }) => name === upstream.name);
  return {
    name: upstream.name,
    tool: catalogueName({ deployment }, upstream.name, "execute_sql"),
    location: configured?.location ?? upstream.location,
  };
}

/** @param marker a file that the server must not write */
function forbiddenStatements(table: string, marker: string): string[] {
  return [
    `INSERT INTO ${table} VALUES ('written')`,
    `DROP TABLE ${table}`,
    `SELECT 1; COMMIT; DELETE FROM ${table}`,
    `COPY ${table} TO PROGRAM 'touch ${marker}'`,
    `WITH gone AS (DELETE FROM ${table} RETURNING value) SELECT * FROM gone`,
    `SELECT pg_read_file('/etc/passwd')`,
    `SELECT set_config('default_transaction_read_only', 'off', false), pg_sleep(120)`,
  ];
}

/** The control: a row that exists can be read. */
async function expectReadable(
  gateway: GatewayTarget,
  client: Client,
  { name, tool, location }: DatabaseUpstream,
  table: string,
): Promise<void> {
  const input = { sql: `SELECT value FROM ${table}` };
  const answer = await answerText(client, tool, input);
  if (answer.includes("untouched")) return;
  throw new CheckFailure({
    summary: "the control fails: a row that exists cannot be read",
    code: "control-failed",
    expected: "untouched",
    actual: answer,
    cause: "the upstream's DSN leads to another database",
    location,
    ...(await whyNotCalled(gateway, tool)),
    ...serverFinding(gateway, [name]),
    evidence: callEvidence(gateway.http, tool, input, { received: answer }),
  });
}

async function expectRefused(
  gateway: GatewayWith<"canaries">,
  client: Client,
  { name, tool, location }: DatabaseUpstream,
  sql: string,
): Promise<void> {
  const answer = await answerText(client, tool, { sql });
  const evidence = callEvidence(gateway.http, tool, { sql }, { received: answer });
  const leaked = secretsIn(answer, gateway.canaries.secrets);
  if (leaked.length > 0) {
    throw new CheckFailure({
      summary: "the error contains a secret",
      code: "secret-in-error",
      expected: "an error without secrets",
      actual: leaked.join(", "),
      cause: "the upstream puts its DSN into its errors",
      location,
      evidence,
    });
  }
  if (/error|not allowed|denied|timed? ?out/i.test(answer) && !answer.includes("root:x:0")) return;
  throw new CheckFailure({
    summary: "the statement succeeds",
    code: "not-refused",
    expected: "an error",
    actual: answer,
    cause: "the upstream does not run in restricted mode (--access-mode=restricted)",
    location: argumentLine(gateway.deployment, name, "--access-mode") ?? location,
    evidence,
  });
}

/** Postgres and its machine were not changed, whatever the upstream answered. */
async function expectUntouched(
  gateway: GatewayWith<"commands">,
  { location }: DatabaseUpstream,
  { table, marker }: { table: string; marker: string },
): Promise<void> {
  const content = (await psql(gateway, `SELECT string_agg(value, ',') FROM ${table}`)).trim();
  const marked = await gateway.run("postgres", ["sh", "-c", `ls ${marker} 2>/dev/null; true`]);
  if (content === "untouched" && marked.stdout === "") return;
  throw new CheckFailure({
    summary: "Postgres was changed, although the upstream reported errors",
    code: "changed",
    expected: `untouched in ${table}, and no file ${marker}`,
    actual: `${content || "nothing"} in ${table}, and ${marked.stdout === "" ? "no file" : "the file"} ${marker}`,
    cause: "the upstream commits what it must not run",
    location,
    evidence: commandEvidence(marked),
  });
}

/** Runs SQL in the database's own container, past every upstream. */
async function psql(gateway: GatewayWith<"commands">, sql: string): Promise<string> {
  const command = 'psql -qtA -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "$1"';
  const { exitCode, stdout, stderr } = await gateway.run("postgres", ["sh", "-c", command, "sh", sql]);
  if (exitCode !== 0) throw new Error(`psql failed: ${stderr.trim()}`);
  return stdout;
}
