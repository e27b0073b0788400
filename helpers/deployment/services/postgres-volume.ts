import { posix } from "node:path";
import type { ComposeFile, ComposeService } from "../compose/types.ts";
import type { SourceLocation } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { repositoryOf } from "./known-images.ts";
import { isPostgres } from "./postgres-image.ts";

/** Where images before PostgreSQL 18 keep a database. */
const oldPath = "/var/lib/postgresql/data";

/** How the tag names PostgreSQL's major version, for images that take the directory of the database from the official one. */
const majorInTag: Readonly<Record<string, RegExp>> = {
  postgres: /^(\d+)(?:\D|$)/,
  "pgvector/pgvector": /(?:^|-)pg(\d+)(?:-|$)/,
  "postgis/postgis": /^(\d+)-/,
};

/**
 * Notes each PostgreSQL 18 or later that has a mount where earlier images keep the database. The image refuses to start then, also with
 * an empty volume; builds for Alpine from before April 2026 start, and keep the database outside of the mount. Without a note where
 * `PGDATA` names a directory, and where a mount on the new one may have a database: then the image starts.
 *
 * Source: docker-library/postgres, docker-entrypoint.sh, `docker_setup_env`; its pull requests 1259, 1372 and 1409.
 *
 * @param isLiteLLMs whether a service is LiteLLM's own database
 */
export function noteOldVolumes(
  { services }: ComposeFile,
  isLiteLLMs: (service: ComposeService) => boolean,
  notes: NoteList,
): void {
  for (const service of services.values()) {
    const major = majorOf(service);
    const mounted = mountsOf(service);
    const old = mounted.find(({ target }) => target === oldPath);
    if (major === undefined || major < 18 || old === undefined) continue;
    const directory = `/var/lib/postgresql/${major}/docker`;
    const stated = service.environment.get("PGDATA")?.value || directory;
    if (stated !== directory || !startsAsTheImage(service)) continue;
    if (mounted.some(({ target }) => directory === target || directory.startsWith(`${target}/`))) continue;
    notes.add(
      "finding",
      old.location,
      `${service.name} has a mount at ${oldPath}, and its image of PostgreSQL ${major} keeps the database in ${directory}`,
      "from 18 on, the image refuses to start with a mount at the old path (some older builds for Alpine start, and keep the database elsewhere)",
      `mount it at /var/lib/postgresql, or set PGDATA: ${oldPath}; a database of an older version needs pg_upgrade`,
      isLiteLLMs(service) ? "stops" : undefined,
    );
  }
}

/** Whether the entrypoint of the image looks at the directory: it does before the server only. */
function startsAsTheImage({ command }: ComposeService): boolean {
  const first = command?.[0] ?? "postgres";
  return first === "postgres" || first.startsWith("-");
}

function majorOf(service: ComposeService): number | undefined {
  if (!isPostgres(service)) return undefined;
  const image = service.image?.value.replace(/@.*$/, "") ?? "";
  const tag = /:([^:/]+)$/.exec(image)?.[1] ?? "";
  const pattern = majorInTag[repositoryOf(image).replace(/^.*\/library\//, "")];
  const [, major] = pattern?.exec(tag) ?? [];
  return major === undefined ? undefined : Number(major);
}

function mountsOf({ mounts, anonymousVolumes, tmpfs }: ComposeService): { target: string; location: SourceLocation }[] {
  return [...mounts, ...anonymousVolumes, ...tmpfs].map(({ target, location }) => ({
    target: posix.resolve("/", target),
    location,
  }));
}
