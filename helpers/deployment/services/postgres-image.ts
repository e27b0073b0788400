import type { ComposeService } from "../compose/types.ts";
import { repositoryOf } from "./known-images.ts";

/** The official image, and images that are made of it and keep its variables. Bitnami's and others have their own. */
const officialLike = /^postgres$|\/library\/postgres$|^pgvector\/pgvector$|^postgis\/postgis$|^timescale\/timescaledb$/;

/** What an image of PostgreSQL makes a new database of; undefined where the files do not say. */
export interface NewDatabase {
  user: string | undefined;
  /** Undefined also where it asks for none. */
  password: string | undefined;
  /** What `POSTGRES_DB` names. */
  name: string | undefined;
}

/** Whether a service is the official image of PostgreSQL, or one with the same variables, and starts as the image does. */
export function isPostgres({ image, build, entrypoint }: ComposeService): boolean {
  return (
    image !== undefined &&
    build === undefined &&
    entrypoint === undefined &&
    officialLike.test(repositoryOf(image.value))
  );
}

/** The port on which it listens; undefined where a configuration of the operator's may name another. */
export function postgresPort({ command = [], environment, mounts, files }: ComposeService): string | undefined {
  const text = command.join(" ");
  const hasOwnFile = [...mounts, ...files].some(({ target }) => target.endsWith(".conf"));
  if (hasOwnFile || /config_file|(?:^|\s)-D/.test(text)) return undefined;
  const [option, number] = /(?:^|\s|-c)(?:-p|--port|port)[\s=]*(\d+)/.exec(text) ?? [];
  if (option !== undefined) return number;
  return /port|-p/i.test(text) ? undefined : (environment.get("PGPORT")?.value ?? "5432");
}

/**
 * The user, the password and the database that the image makes in an empty volume. Nothing is known where scripts may make others.
 *
 * Source: docker-library/postgres, docker-entrypoint.sh.
 */
export function newDatabase(service: ComposeService): NewDatabase {
  const { environment, mounts, files } = service;
  const hasScripts = [...mounts, ...files].some(({ target }) => target.startsWith("/docker-entrypoint-initdb.d"));
  const value = (name: string, otherwise?: string): string | undefined =>
    hasScripts || environment.has(`${name}_FILE`) ? undefined : environment.get(name)?.value || otherwise;
  const asksForNone = environment.get("POSTGRES_HOST_AUTH_METHOD")?.value === "trust";
  return {
    user: value("POSTGRES_USER", "postgres"),
    password: asksForNone ? undefined : value("POSTGRES_PASSWORD"),
    name: value("POSTGRES_DB"),
  };
}
