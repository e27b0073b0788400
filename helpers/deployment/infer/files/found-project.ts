import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { activeProfiles } from "../../compose/projects/profiles.ts";
import type { Candidate, NamedFiles } from "./candidates.ts";
import { pathIn } from "./compose-files.ts";
import { configuredServers, neededProfiles } from "./needed-profiles.ts";
import { environmentAt, isStack, nameOf } from "./project-name.ts";
import { serviceOf } from "./roles.ts";

/** A compose project, as `compose:` of a policy names it. Paths are relative to the deployment's folder. */
export interface FoundProject {
  /** As compose or `docker stack deploy` names it; undefined where compose derives it from its folder. */
  project: string | undefined;
  files: readonly string[];
  /** Its `--project-directory`; undefined where it is the folder of its first file. */
  directory: string | undefined;
  /** The profiles without which LiteLLM, Traefik or what LiteLLM is to reach does not start. */
  profiles: readonly string[];
  /** What its files leave open. */
  questions: readonly string[];
}

/** What a policy says of a candidate. */
export function projectOf(root: string, candidate: Candidate): FoundProject {
  const home = directoryOf(root, candidate);
  const callFolder = candidate.named?.folder ?? home;
  const [first] = candidate.files;
  const isInHome = first === undefined || home === dirname(first.file);
  const { profiles, forLiteLLM } = neededProfiles(
    candidate.all.flatMap(({ services }) => services),
    activeProfiles([], environmentAt(callFolder)),
    configuredServers(root),
  );
  return {
    project: nameOf(candidate, callFolder),
    files: pathsOf(root, candidate),
    directory: isInHome ? undefined : pathIn(root, home) || ".",
    profiles,
    questions: [...questionsOf(root, candidate, home), ...questionsOfProfiles(forLiteLLM)],
  };
}

function questionsOf(root: string, candidate: Candidate, home: string): string[] {
  const files = pathsOf(root, candidate);
  if (candidate.isJoined)
    return [
      `are ${files.join(", ")} one project? None of those with services is complete without the others; which \`-f\`, \`-p\` and \`--project-directory\` does the operator use?`,
    ];
  return candidate.named === undefined
    ? [
        ...questionsOfName(root, candidate, home),
        ...questionsOfReplaced(root, candidate),
        ...questionsOfVariants(root, candidate),
      ]
    : questionsOfNamed(root, candidate.named);
}

/** Asks for what the `COMPOSE_FILE` of a folder leaves open. */
function questionsOfNamed(root: string, { folder, isInExample, unread }: NamedFiles): string[] {
  const env = pathIn(root, join(folder, ".env"));
  const names = unread.map((file) => pathIn(root, file)).join(", ");
  return [
    ...(isInExample ? [`does ${env} set COMPOSE_FILE as its example does? It is not in this folder`] : []),
    ...(unread.length === 0
      ? []
      : [
          `what is in ${names}? COMPOSE_FILE (${env}) names ${unread.length === 1 ? "it" : "them"} too, and this folder does not have ${unread.length === 1 ? "it" : "them"}`,
        ]),
  ];
}

/** Asks whether what LiteLLM names is started where its profile is not on by itself. */
function questionsOfProfiles(forLiteLLM: ReadonlyMap<string, string>): string[] {
  if (forLiteLLM.size === 0) return [];
  const services = [...forLiteLLM.keys()];
  const profiles = [...new Set(forLiteLLM.values())];
  const [one, many] = [services.length === 1, profiles.length > 1];
  return [
    `${many ? "are the profiles" : "is the profile"} ${profiles.join(", ")} on where the gateway runs? ` +
      `LiteLLM needs ${services.join(", ")}, and ${one ? "it starts" : "they start"} with ${many ? "them" : "it"} only`,
  ];
}

/** Asks for a name that the call decides: where the files have none, and compose does not find them by itself. */
function questionsOfName(root: string, candidate: Candidate, home: string): string[] {
  const { files, isDefault, neighbours = [] } = candidate;
  const paths = pathsOf(root, candidate);
  if (isDefault) {
    if (neighbours.length === 0) return [];
    const [one, names] = [neighbours.length === 1, neighbours.map(({ file }) => pathIn(root, file)).join(", ")];
    return [
      `${one ? "is" : "are"} ${names} part of the project of ${paths[0]}? Compose gives ${one ? "both" : "all of them"} the same name by default, and so the same networks; \`-p\` gives another one`,
    ];
  }
  if (files.some(({ name }) => name !== undefined)) return [];
  const all = paths.join(" with ");
  if (isStack(candidate))
    return [
      `by which name is ${all} deployed? \`docker stack deploy\` and \`-p\` decide it; guessed from the file's name`,
    ];
  const byDefault = environmentAt(home).has("COMPOSE_PROJECT_NAME") ? "COMPOSE_PROJECT_NAME" : "that of the folder";
  return [`is ${all} started under compose's default name, ${byDefault}? \`-p\` gives another one`];
}

/** Asks whether a file is started in place of what compose finds next to it. */
function questionsOfReplaced(root: string, candidate: Candidate): string[] {
  const { replaces = [] } = candidate;
  if (replaces.length === 0) return [];
  const names = replaces.map(({ file }) => pathIn(root, file)).join(" and ");
  return [
    `is ${pathsOf(root, candidate)[0]} started in place of ${names} (\`docker compose -f\`)? It has LiteLLM and services of the same names`,
  ];
}

/** Asks for files that compose reads with `-f` only, and that change LiteLLM or Traefik. */
function questionsOfVariants(root: string, candidate: Candidate): string[] {
  const { all, variants = [] } = candidate;
  const services = all.flatMap((file) => file.services);
  const roles = (["litellm", "traefik"] as const).flatMap(
    (role) => serviceOf(role, services, (service) => service)?.name ?? [],
  );
  const meant = variants.filter((file) => file.services.some(({ name }) => roles.includes(name)));
  if (meant.length === 0) return [];
  const names = meant.map(({ file }) => pathIn(root, file)).join(", ");
  return [
    `is ${meant.length === 1 ? "" : "one of "}${names} used too, or in place of ${pathsOf(root, candidate)[0]} (\`docker compose -f\`)? It changes a service of the gateway, and is not read`,
  ];
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
