import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { NoteList } from "../../source/note-list.ts";
import type { VariableLookup } from "../environment/interpolation.ts";

/** In the order in which compose looks for them. Source: compose-go, cli/options.go. */
const composeNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
const overrideNames = [
  "compose.override.yml",
  "compose.override.yaml",
  "docker-compose.override.yml",
  "docker-compose.override.yaml",
];

/**
 * The compose files that compose finds in a folder by itself: those of `COMPOSE_FILE`, else the first of its names and the
 * first of its override's.
 *
 * @returns absolute paths; `compose.yaml` where there is none
 */
export function defaultComposeFiles(folder: string, variables: VariableLookup, notes: NoteList): string[] {
  const named = namedComposeFiles(folder, variables);
  if (named !== undefined) return named;
  const main = firstOf(composeNames, folder, notes);
  const override = main === undefined ? undefined : firstOf(overrideNames, folder, notes);
  return [main ?? "compose.yaml", ...(override === undefined ? [] : [override])].map((file) => join(folder, file));
}

/**
 * The files of `COMPOSE_FILE`, as absolute paths; undefined where it is not set.
 *
 * Source: compose-go, cli/options.go, `WithConfigFileEnv`.
 */
export function namedComposeFiles(folder: string, variables: VariableLookup): string[] | undefined {
  const named = variables.get("COMPOSE_FILE");
  if (named === undefined || named === "") return undefined;
  const separator = variables.get("COMPOSE_PATH_SEPARATOR") || ":";
  return named.split(separator).map((file) => resolve(folder, file));
}

function firstOf(names: readonly string[], folder: string, notes: NoteList): string | undefined {
  const [first, ...others] = names.filter((name) => existsSync(join(folder, name)));
  for (const other of others)
    notes.add(
      "finding",
      join(folder, other),
      `is next to ${first ?? ""}`,
      "compose reads only the first of the two",
      "remove one of them",
    );
  return first;
}

/** The folder of a project: that of its first file. */
export function projectFolder(files: readonly string[], fallback: string): string {
  const [first] = files;
  return first === undefined ? fallback : dirname(first);
}
