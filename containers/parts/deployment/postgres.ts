import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { ComposeService, Deployment } from "../../../helpers/deployment/types.ts";
import type { PartPlan, RunNetwork } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { commandSucceeds } from "../readiness.ts";
import { networksOf } from "./render-service.ts";
import { attachments } from "./traefik.ts";

/** A database that the deployment's upstreams use, and the part that runs it. */
export interface UsedDatabase {
  /** Its DSN, with the run's canaries. */
  url: URL;
  /** Name of the part. */
  part: string;
}

/** The databases that the deployment's upstreams use, each once. */
export function usedDatabases(deployment: Deployment): UsedDatabase[] {
  const urls = new Set(
    deployment.policy.upstreams.flatMap(({ database }) =>
      database === undefined ? [] : (deployment.variables.get(database.variable)?.value ?? []),
    ),
  );
  return [...urls].map((text, index) => ({
    url: new URL(text),
    part: index === 0 ? "postgres" : `postgres-${index + 1}`,
  }));
}

/**
 * The plan of a Postgres for a database that an upstream uses.
 *
 * @param networks networks of the rig by their name in the deployment
 * @throws {EnvironmentError} when its image cannot be provided
 */
export async function postgresPlan(
  { images, deployment, canaries }: PartResources,
  { url, part }: UsedDatabase,
  networks: ReadonlyMap<string, RunNetwork>,
): Promise<PartPlan> {
  const service = deployment.compose.services.get(url.hostname);
  const database = decodeURIComponent(url.pathname.slice(1)) || "postgres";
  const port = url.port || "5432";
  return {
    name: part,
    image: await images.get("postgres", service?.version),
    networks: attachmentsOf(deployment, service, networks, url.hostname),
    environment: {
      POSTGRES_USER: decodeURIComponent(url.username) || "postgres",
      POSTGRES_PASSWORD: decodeURIComponent(url.password),
      POSTGRES_DB: database,
    },
    // Every statement is logged: a check verifies in Postgres's log what an upstream did.
    command: ["postgres", "-c", "log_statement=all", "-c", "fsync=off", "-c", `port=${port}`],
    files: [{ target: "/docker-entrypoint-initdb.d/canary.sql", content: `CREATE DATABASE ${canaries.database};\n` }],
    keepsState: true,
    ready: commandSucceeds("pg_isready", "-q", "-h", "127.0.0.1", "-p", port, "-d", database),
    startDeadline: deadlines.databaseStart,
  };
}

/** On the networks of the compose service of that name; a database outside of the compose file is on LiteLLM's last network. */
function attachmentsOf(
  deployment: Deployment,
  service: ComposeService | undefined,
  networks: ReadonlyMap<string, RunNetwork>,
  host: string,
): PartPlan["networks"] {
  if (service !== undefined) return attachments(networksOf(service), networks, host);
  const last = [...networksOf(deployment.litellm).keys()].slice(-1);
  return attachments(new Map(last.map((name) => [name, []])), networks, host);
}
