import { randomUUID } from "node:crypto";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { secretsIn } from "../../../helpers/core/text/redaction.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { catalogueName, withClient } from "../support/listings.ts";

check({
  id: "CAT-15/postgres-read-only",
  requirements: ["CAT-15"],
  title: "the Postgres upstream reads, and Postgres's own log shows that writes and wider access were refused",
  needs: ["gateway", "canaries", "commands"],
  async run({ gateway, evidence }) {
    const { server, location } = database(gateway);
    const mark = randomUUID().slice(0, 8);
    const table = `limits_${mark}`;
    await psql(gateway, `CREATE TABLE ${table} (value text); INSERT INTO ${table} VALUES ('untouched')`);
    try {
      await withClient(gateway.mcp(), async (client) => {
        const read = await query(client, server, `SELECT value FROM ${table}`);
        if (!read.includes("untouched")) {
          throw new CheckFailure({
            summary: "the control fails: a row that exists can't be read",
            evidence: { received: read },
            cause: "the upstream's DSN leads to another database",
            location,
          });
        }
        const marker = `/tmp/${table}`;
        const attempts = [
          `INSERT INTO ${table} VALUES ('written')`,
          `DROP TABLE ${table}`,
          `SELECT 1; COMMIT; DELETE FROM ${table}`,
          `COPY ${table} TO PROGRAM 'touch ${marker}'`,
          `WITH gone AS (DELETE FROM ${table} RETURNING value) SELECT * FROM gone`,
          `SELECT pg_read_file('/etc/passwd')`,
          `SELECT set_config('default_transaction_read_only', 'off', false), pg_sleep(120)`,
        ];
        await forEachCase(
          "a statement that would write or reach further is refused",
          attempts,
          (sql) => sql,
          async (sql) => {
            const answer = await query(client, server, sql);
            const leaked = secretsIn(answer, gateway.canaries.secrets);
            if (leaked.length > 0)
              throw new CheckFailure({
                summary: `the error holds ${leaked.join(", ")}`,
                evidence: { received: answer },
                location,
              });
            if (/error|not allowed|denied|timed? ?out/i.test(answer) && !answer.includes("root:x:0")) return;
            throw new CheckFailure({
              summary: "the statement succeeds",
              evidence: { sent: sql, received: answer },

              cause: "the upstream does not run in restricted mode (--access-mode=restricted)",
              location,
            });
          },
        );
        const after = await psql(gateway, `SELECT string_agg(value, ',') FROM ${table}`);
        const made = await gateway.run("postgres", ["sh", "-c", `ls ${marker} 2>/dev/null; true`]);
        if (after.trim() !== "untouched" || made.stdout !== "") {
          throw new CheckFailure({
            summary: "Postgres has changed, whatever the answers say",
            evidence: { received: `${table} holds ${after.trim() || "nothing"}; ${made.stdout || "no file was made"}` },
            cause: "the upstream commits what it should not run",
            location,
          });
        }
        evidence.finding(
          `The Postgres upstream reads and does not write: ${attempts.length} statements (writing, DDL, stacked, COPY … PROGRAM, ` +
            "a file of the server's, a query without an end) were refused, the table and the server were untouched by Postgres's " +
            "own word, and no error held a DSN or a password.",
        );
      });
    } finally {
      await psql(gateway, `DROP TABLE IF EXISTS ${table}`);
    }
  },
});

function database(gateway: GatewayTarget): { server: string; location: SourceLocation } {
  const upstream = gateway.policy.upstreams.find((one) => one.database !== undefined);
  if (upstream === undefined) throw new CheckFailure({ summary: "the policy names no upstream with a database" });
  const configured = gateway.deployment.litellmConfig.upstreams.find(({ name }) => name === upstream.name);
  return { server: upstream.name, location: configured?.location ?? upstream.location };
}

/** In the database's own container, past every upstream. */
async function psql(gateway: GatewayTarget, sql: string): Promise<string> {
  const command = 'psql -qtA -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "$1"';
  const { exitCode, stdout, stderr } = await gateway.run("postgres", ["sh", "-c", command, "sh", sql]);
  if (exitCode !== 0) throw new Error(`psql failed: ${stderr.trim()}`);
  return stdout;
}

async function query(client: Client, server: string, sql: string): Promise<string> {
  try {
    const answer = await client.callTool(
      { name: catalogueName(server, "execute_sql"), arguments: { sql } },
      undefined,
      {
        timeout: deadlines.mcpRequest,
      },
    );
    return JSON.stringify(answer.content);
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}
