import { existsSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import type { Candidate } from "./candidates.ts";
import { pathIn } from "./compose-files.ts";
import { serviceOf } from "./roles.ts";

/** A compose project, as `compose:` of a policy names it. Paths are relative to the deployment's folder. */
export interface FoundProject {
  /** As compose or `docker stack deploy` names it; undefined where compose derives it from its folder. */
  project: string | undefined;
  files: readonly string[];
  /** Its `--project-directory`; undefined where it is the folder of its first file. */
  directory: string | undefined;
  /** The profiles without which LiteLLM or Traefik does not start. */
  profiles: readonly string[];
  /** What the names of the project's files leave open. */
  question: string | undefined;
}

/** What a policy says of a candidate. */
export function projectOf(root: string, candidate: Candidate): FoundProject {
  const [first] = candidate.files;
  const files = pathsOf(root, candidate);
  const declared = candidate.files.findLast(({ name }) => name !== undefined)?.name;
  const profiles = profilesOf(candidate);
  if (candidate.isJoined) {
    const home = directoryOf(root, candidate);
    const directory = first === undefined || home === dirname(first.file) ? undefined : pathIn(root, home) || ".";
    const question = `are ${files.join(", ")} one project? None of those with services is complete without the others; which \`-f\`, \`-p\` and \`--project-directory\` does the operator use?`;
    return { project: declared, files, directory, profiles, question };
  }
  const directory = undefined;
  if (first === undefined || candidate.isDefault || declared !== undefined)
    return { project: declared, files, directory, profiles, question: questionOfVariants(root, candidate) };
  const stem = basename(first.file, extname(first.file));
  const project = stem
    .toLowerCase()
    .replace(/^(?:docker-)?compose[-_.]|^stack[-_.]/, "")
    .replace(/[-_.](?:stack|compose|swarm)$/, "")
    .replaceAll(/[^a-z0-9_-]/g, "");
  return {
    project: project || undefined,
    files,
    directory,
    profiles,
    question: `by which name is ${files.join(" with ")} deployed? \`docker stack deploy\` and \`-p\` decide it; guessed from the file's name`,
  };
}

/** Asks for files that compose reads with `-f` only, and that change LiteLLM or Traefik. */
function questionOfVariants(root: string, candidate: Candidate): string | undefined {
  const { all, variants = [] } = candidate;
  const services = all.flatMap((file) => file.services);
  const roles = (["litellm", "traefik"] as const).flatMap(
    (role) => serviceOf(role, services, (service) => service)?.name ?? [],
  );
  const meant = variants.filter((file) => file.services.some(({ name }) => roles.includes(name)));
  if (meant.length === 0) return undefined;
  const names = meant.map(({ file }) => pathIn(root, file)).join(", ");
  return `is ${meant.length === 1 ? "" : "one of "}${names} used too, or in place of ${pathsOf(root, candidate)[0]} (\`docker compose -f\`)? It changes a service of the gateway, and is not read`;
}

function profilesOf({ all }: Candidate): string[] {
  const services = all.flatMap((file) => file.services);
  const needed = (["litellm", "traefik"] as const).flatMap(
    (role) => serviceOf(role, services, (service) => service)?.profiles?.[0] ?? [],
  );
  return [...new Set(needed)];
}

/** The paths of a candidate's files, relative to the deployment's folder. */
export function pathsOf(root: string, { files }: Candidate): string[] {
  return files.map(({ file }) => pathIn(root, file));
}

/** Where the relative paths of a candidate start: of files in several folders, the folder that has most of what they name. */
export function directoryOf(root: string, { files, isJoined = false }: Candidate): string {
  const [first] = files;
  if (first === undefined) return root;
  const own = dirname(first.file);
  if (!isJoined) return own;
  const paths = files.flatMap(({ relativePaths }) => relativePaths);
  // A file may be missing in the folder, e.g. because a script makes it: its own folder says as much then.
  const found = (folder: string): number =>
    paths.filter((path) => {
      const file = resolve(folder, path);
      return existsSync(file) || (dirname(file) !== folder && existsSync(dirname(file)));
    }).length;
  return found(root) > found(own) ? root : own;
}
