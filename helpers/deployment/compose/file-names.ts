import { basename, relative } from "node:path";
import type { ComposeFile, ComposeService } from "./types.ts";

/** The compose files of a deployment in words: `compose.yaml`, `compose.yaml and edge/compose.yml`; more than three by their number. */
export function composeFileNames(compose: Pick<ComposeFile, "projects">, folder: string): string {
  const files = [...new Set(compose.projects.flatMap((project) => project.files))];
  const names = files.map((file) => relative(folder, file).replaceAll("\\", "/"));
  if (names.length > 3) return `the ${names.length} compose files`;
  return names.length < 2 ? (names[0] ?? "compose.yaml") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** A compose service's setting, as the list of changes names it: `docker-compose.yml:litellm.environment`. */
export function servicePlace({ key, location }: Pick<ComposeService, "key" | "location">, setting?: string): string {
  return `${basename(location.file)}:${[key, setting].filter((part) => part !== undefined).join(".")}`;
}
