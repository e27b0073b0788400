import { deadlines } from "../../../helpers/core/deadlines.ts";
import { servicePlace } from "../../../helpers/deployment/compose/file-names.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import { networksOf } from "../deployment/render-context.ts";
import { serviceAttachments } from "../deployment/service-networks.ts";
import { attachments } from "../deployment/traefik.ts";
import type { PartPlan, RunNetwork } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { commandSucceeds } from "../readiness.ts";
import type { DatabaseServer, ServedDatabase } from "./database-servers.ts";
import { setUpSql } from "./set-up-sql.ts";

/** PostgreSQL's own version where LiteLLM's tables come from the image. */
const templateVersion = "17";

/**
 * The plan of a PostgreSQL that the deployment's URLs name, with their databases and users.
 *
 * @param networks networks of the rig by their name in the deployment
 * @param litellm its image decides the database's: one from packages needs its tables there
 * @returns the plan, and what differs from the operator's service
 * @throws {EnvironmentError} when its image cannot be provided
 */
export async function postgresPlan(
  resources: PartResources,
  server: DatabaseServer,
  { networks, litellm }: { networks: ReadonlyMap<string, RunNetwork>; litellm: PartPlan },
): Promise<{ plan: PartPlan; changes: readonly RenderedChange[] }> {
  const { images, canaries } = resources;
  const { host, port, service, databases, part } = server;
  const hasTemplate = litellm.image.origin === "built" && databases.some(({ isLiteLLMs }) => isLiteLLMs);
  const image = hasTemplate
    ? await images.liteLLMPostgres(litellm.image.version)
    : await images.get("postgres", service?.version);
  const { first, others } = divide(databases, hasTemplate);
  const hasUpstreams = databases.some(({ isLiteLLMs }) => !isLiteLLMs);
  const setUp = setUpSql(others, { superuser: first.user, hasTemplate });
  const otherPasswords = passwordlessDatabases(databases);
  const plan: PartPlan = {
    name: part,
    image,
    networks: attachmentsOf(resources, server, networks),
    environment: serverEnvironment(first, port),
    command: [
      ...["postgres", "-c", "fsync=off", "-c", `port=${port}`],
      // Every statement is logged: a check verifies in PostgreSQL's log what an upstream did.
      ...(hasUpstreams ? ["-c", "log_statement=all"] : []),
    ],
    files: [
      ...(setUp === "" ? [] : [{ target: "/docker-entrypoint-initdb.d/databases.sql", content: setUp }]),
      ...(otherPasswords.length === 0
        ? []
        : [{ target: "/docker-entrypoint-initdb.d/access.sh", content: accessScript(otherPasswords) }]),
      ...(hasUpstreams
        ? [{ target: "/docker-entrypoint-initdb.d/canary.sql", content: `CREATE DATABASE ${canaries.database};\n` }]
        : []),
    ],
    usedBy: litellm,
    ready: commandSucceeds("pg_isready", "-q", "-h", "127.0.0.1", "-p", port, "-d", first.name),
    startDeadline: deadlines.databaseStart,
  };
  return { plan, changes: hasTemplate ? versionChange(server, host) : [] };
}

/** What the container of a server gets, for its entry point and for the clients that checks run in it. */
export function serverEnvironment(
  { user, password, name }: Pick<ServedDatabase, "user" | "password" | "name">,
  port: string,
): Record<string, string> {
  return { POSTGRES_USER: user, POSTGRES_PASSWORD: password, POSTGRES_DB: name, PGPORT: port };
}

/**
 * Makes the image of a PostgreSQL while LiteLLM's image is made. Which image a server with LiteLLM's database needs is known
 * only when LiteLLM's is there.
 *
 * @throws {EnvironmentError} when the image cannot be provided
 */
export async function postgresImageInAdvance(
  { images }: Pick<PartResources, "images">,
  { service, databases }: DatabaseServer,
): Promise<void> {
  if (!databases.some(({ isLiteLLMs }) => isLiteLLMs)) await images.get("postgres", service?.version);
}

/** The database that PostgreSQL's entry point makes, and the others. */
function divide(
  databases: readonly ServedDatabase[],
  hasTemplate: boolean,
): { first: ServedDatabase; others: readonly ServedDatabase[] } {
  const [first, ...others] = databases;
  if (first === undefined) throw new Error("a database server has no database");
  // The entry point would make it empty, and it cannot be replaced from a connection to itself.
  if (first.isLiteLLMs && hasTemplate)
    return { first: { ...first, name: first.name === "postgres" ? "set_up" : "postgres" }, others: databases };
  return { first, others };
}

/**
 * Databases whose user has another password in the URL of an earlier one. The operator's URLs share a password; the run's
 * have a canary each.
 */
function passwordlessDatabases(databases: readonly ServedDatabase[]): ServedDatabase[] {
  const passwords = new Map<string, string>();
  return databases.filter(({ user, password }) => {
    const known = passwords.get(user) ?? password;
    passwords.set(user, known);
    return known !== password;
  });
}

/** A script that lets users into their databases without a password. The first line that matches counts. */
function accessScript(databases: readonly ServedDatabase[]): string {
  const lines = databases.map(({ name, user }) => `host "${name}" "${user}" all trust`);
  return `{ cat <<'LINES'\n${lines.join("\n")}\nLINES\ncat "$PGDATA/pg_hba.conf"; } > "$PGDATA/pg_hba.new"
mv "$PGDATA/pg_hba.new" "$PGDATA/pg_hba.conf"\n`;
}

function versionChange({ service }: DatabaseServer, host: string): RenderedChange[] {
  const image = service?.image?.value;
  if (service === undefined || image === `postgres:${templateVersion}`) return [];
  return [
    {
      where: servicePlace(service, "image"),
      what: `PostgreSQL ${templateVersion} in place of ${image ?? "its own build"} as ${host}`,
      why: "LiteLLM's tables are in an image of that version, because Prisma's migrations cannot run here",
    },
  ];
}

/** On the networks of the compose service; a server outside of the deployment is on LiteLLM's last network. */
function attachmentsOf(
  { deployment }: PartResources,
  { service, host }: DatabaseServer,
  networks: ReadonlyMap<string, RunNetwork>,
): PartPlan["networks"] {
  const last = [...networksOf(deployment.litellm).keys()].slice(-1);
  const attached =
    service === undefined
      ? attachments(new Map(last.map((name) => [name, []])), networks, host)
      : serviceAttachments(deployment.compose, service, networks);
  return attached.map(({ network, aliases }) => ({ network, aliases: [...new Set([...aliases, host])] }));
}
