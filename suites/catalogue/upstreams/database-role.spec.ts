import { z } from "zod";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { commandEvidence } from "../../../helpers/checks/evidence.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";

/** What a role may do beyond reading, by the column of `pg_roles` that says so. */
const powers = {
  rolsuper: "is a superuser",
  rolcreaterole: "creates roles",
  rolcreatedb: "creates databases",
  rolreplication: "reads the whole cluster by replication",
  rolbypassrls: "reads past row-level security",
} as const;

const roleShape = z.object({
  rolsuper: z.boolean(),
  rolcreaterole: z.boolean(),
  rolcreatedb: z.boolean(),
  rolreplication: z.boolean(),
  rolbypassrls: z.boolean(),
});

check({
  id: "CAT-31/database-role",
  requirements: ["CAT-31"],
  title: "the role behind a Postgres upstream has no more power than its tools need",
  needs: ["gateway", "commands"],
  async run({ gateway, evidence }) {
    const { policy, deployment } = gateway;
    const upstream = policy.upstreams.find((one) => one.database !== undefined && one.leftOut === undefined);
    if (upstream?.database === undefined) throw new NotSupported("the policy names no upstream with a database");
    const { variable } = upstream.database;
    const location = deployment.variables.get(variable)?.location ?? upstream.location;
    const { hostname, username } = new URL(gateway.secret(variable));
    if (!isService(deployment, hostname))
      throw new NotSupported(
        `the database of ${upstream.name} is not a service of the deployment: the run has one of its own`,
      );
    const role = decodeURIComponent(username);
    const columns = Object.keys(powers).join(", ");
    const sql = `SELECT row_to_json(r) FROM (SELECT ${columns} FROM pg_roles WHERE rolname = '${role.replaceAll("'", "''")}') r`;
    const command = 'psql -qtA -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "$1"';
    const answer = await gateway.run("postgres", ["sh", "-c", command, "sh", sql]);
    const read = roleShape.safeParse(jsonOf(answer.stdout.trim()));
    if (!read.success) throw new Error(`psql does not report the rights of ${role}: ${answer.stderr.trim()}`);
    const has = Object.entries(powers).flatMap(([column, power]) =>
      read.data[column as keyof typeof powers] ? [power] : [],
    );
    if (has.length === 0) {
      evidence.finding(`The role ${role} of ${upstream.name} is not a superuser, and creates no roles or databases.`);
      return;
    }
    throw new CheckFailure({
      summary: `the role ${role}, by which ${upstream.name} reads, ${has.join(", ")}`,
      code: "powerful-role",
      expected: "a role that reads the tables that its tools show, and no more",
      actual: has.join(", "),
      evidence: commandEvidence(answer),
      cause: "only the upstream's own restricted mode keeps a caller from changing the database",
      location,
      fix: "create a role with 'CREATE ROLE mcp_reader LOGIN; GRANT pg_read_all_data TO mcp_reader', and use it in this DSN",
    });
  },
});

/** Whether a host name leads to a service of the compose files. */
function isService({ compose }: Deployment, name: string): boolean {
  return [...compose.services.values()].some((service) =>
    [service.name, service.containerName, ...[...service.networks.values()].flat()].includes(name),
  );
}
