import { basename, dirname, extname, join } from "node:path";
import { envTextAt, variablesOf } from "../host/env-texts.ts";
import type { Candidate } from "./candidates.ts";

/** The variables that `.env` in a folder, or its example, sets. */
export function environmentAt(folder: string): ReadonlyMap<string, string> {
  return variablesOf(envTextAt(join(folder, ".env"))?.text ?? "");
}

/**
 * The name of a project as its files give it, or for `docker stack deploy` as the file's name suggests. Undefined where compose
 * takes `COMPOSE_PROJECT_NAME`, or the name of the project's folder.
 *
 * @param folder where compose reads `.env`, absolute
 */
export function nameOf(candidate: Candidate, folder: string): string | undefined {
  const written = candidate.files.findLast(({ name }) => name !== undefined)?.name;
  if (isStack(candidate)) return written ?? stackName(candidate);
  return environmentAt(folder).has("COMPOSE_PROJECT_NAME") ? undefined : written;
}

/** Whether `docker stack deploy` reads the files: by their names, a folder `stacks`, or settings that only Swarm has. */
export function isStack({ files, isDefault, isJoined = false }: Candidate): boolean {
  if (isDefault || isJoined) return false;
  return files.some(
    ({ file, isForSwarm }) =>
      isForSwarm ||
      /(?:^|[-_.])(?:stack|swarm)(?:[-_.]|$)/i.test(basename(file)) ||
      /^stacks$/i.test(basename(dirname(file))),
  );
}

function stackName({ files: [first] }: Candidate): string | undefined {
  if (first === undefined) return undefined;
  const name = basename(first.file, extname(first.file))
    .toLowerCase()
    .replace(/^(?:docker-)?compose[-_.]|^stack[-_.]/, "")
    .replace(/[-_.](?:stack|compose|swarm)$/, "")
    .replaceAll(/[^a-z0-9_-]/g, "");
  return name === "" ? undefined : name;
}
