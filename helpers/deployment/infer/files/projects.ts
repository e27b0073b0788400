import { existsSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import {
  type ComposeOutline,
  composeBases,
  composeFileNames,
  composeOutlines,
  isOverride,
  pathIn,
} from "./compose-files.ts";
import { roleSigns, serviceOf } from "./roles.ts";

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

/** The compose projects of a deployment's folder. */
export interface FoundProjects {
  /** Undefined where compose finds the only project itself, in the folder. */
  compose: readonly FoundProject[] | undefined;
  /** The files of each project, absolute paths, without those that they include. */
  files: readonly (readonly string[])[];
  /** The directory of each project, from which its relative paths start; absolute. */
  directories: readonly string[];
  /** What the {@link files} of each project include or extend, absolute paths. */
  included: readonly (readonly string[])[];
  /** Compose files that have nothing to do with the gateway, relative to the folder. */
  others: readonly string[];
}

/** Files that compose reads together. */
interface Candidate {
  files: readonly ComposeOutline[];
  /** With those that they include or extend. */
  all: readonly ComposeOutline[];
  /** Whether compose finds it in its folder. */
  isDefault: boolean;
  /** Files next to its own, under names of their own, that have services of the same names. */
  variants?: readonly ComposeOutline[];
  /** Whether its files are of several folders. */
  isJoined?: boolean;
}

/**
 * Finds the compose projects that make up the gateway: what compose finds in the folder itself; where LiteLLM or Traefik
 * is not in it, the projects in its subfolders and the stacks under other names. Files that another one includes or
 * extends are not projects. A project that shares no network with LiteLLM or Traefik is left out.
 *
 * @param folder the deployment's folder
 */
export function findProjects(folder: string): FoundProjects {
  const root = resolve(folder);
  const outlines = composeOutlines(root);
  const used = new Set(outlines.flatMap(({ uses }) => uses.flatMap(composeFilesAt)));
  const inFolders = candidatesOf(outlines.filter(({ file }) => !used.has(file))).map((candidate) => ({
    ...candidate,
    all: withIncluded(candidate.files, outlines),
  }));
  const candidates = completedAcrossFolders(inFolders, () => composeBases(root));
  const own = candidates.find(({ files, isDefault }) => isDefault && files.some(({ file }) => dirname(file) === root));
  if (own !== undefined && (candidates.length === 1 || hasBothRoles(own.all)))
    return foundProjects(root, candidates, [own], own);
  return foundProjects(root, candidates, relevant(candidates), own);
}

function foundProjects(
  root: string,
  all: readonly Candidate[],
  chosen: readonly Candidate[],
  own: Candidate | undefined,
): FoundProjects {
  const projects = chosen.map((candidate) => projectOf(root, candidate));
  const isFoundByCompose =
    chosen.length === 1 &&
    chosen[0] === own &&
    own?.files.every(({ file }) => isFoundByName(file)) &&
    projects.every(({ profiles, question }) => profiles.length === 0 && question === undefined);
  return {
    compose: isFoundByCompose ? undefined : projects,
    files: chosen.map(({ files }) => files.map(({ file }) => file)),
    directories: chosen.map((candidate) => directoryOf(root, candidate)),
    included: chosen.map(({ files, all: read }) => read.flatMap((one) => (files.includes(one) ? [] : one.file))),
    others: all.filter((one) => !chosen.includes(one)).flatMap((one) => pathsOf(root, one)),
  };
}

function isFoundByName(file: string): boolean {
  return composeFileNames.includes(basename(file)) || isOverride(file);
}

/** A path of `include`, or the compose file in the folder that it names. */
function composeFilesAt(path: string): string[] {
  return [path, ...composeFileNames.map((name) => join(path, name))];
}

function withIncluded(files: readonly ComposeOutline[], all: readonly ComposeOutline[]): readonly ComposeOutline[] {
  const found = new Set(files);
  for (const outline of found) {
    for (const path of outline.uses.flatMap(composeFilesAt)) {
      const next = all.find(({ file }) => file === path);
      if (next !== undefined) found.add(next);
    }
  }
  return [...found];
}

function candidatesOf(outlines: readonly ComposeOutline[]): Omit<Candidate, "all">[] {
  const byFolder = Map.groupBy(outlines, ({ file }) => dirname(file));
  return [...byFolder.values()].flatMap((files) => {
    const main = composeFileNames.flatMap((name) => files.find(({ file }) => basename(file) === name) ?? [])[0];
    if (main !== undefined) {
      // Other files next to it are variants (compose.prod.yaml), unless they are stacks with services of their own.
      const override = files.find(({ file }) => isOverride(file));
      const [variants, rest] = partition(
        files.filter((one) => one !== main && one !== override),
        (one) => sharesServices(one, main),
      );
      const [parts, stacks] = partition(joined(rest), (group) => group.some((one) => completes(one, main)));
      return [
        { files: [main, ...(override === undefined ? [] : [override]), ...parts.flat()], isDefault: true, variants },
        ...stacks.map((group) => ({ files: group, isDefault: false })),
      ];
    }
    return joined(files.filter(({ file }) => !isOverride(file))).map((group) => ({ files: group, isDefault: false }));
  });
}

/**
 * Files of one folder that are one project: they share a service, or a network that none of them calls external, or one
 * declares what another one only names.
 */
function joined(files: readonly ComposeOutline[]): ComposeOutline[][] {
  let groups: ComposeOutline[][] = [];
  for (const file of files) {
    const [own, others] = partition(groups, (group) =>
      group.some((other) => sharesServices(file, other) || sharesOwnNetwork(file, other) || completes(file, other)),
    );
    groups = [...others, [...own.flat(), file]];
  }
  return groups;
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))];
}

/** Whether one of two files declares a service or a network that the other one names without declaring it. */
function completes(one: ComposeOutline, other: ComposeOutline): boolean {
  return (
    one.undeclared.some((name) => other.declared.includes(name)) ||
    other.undeclared.some((name) => one.declared.includes(name))
  );
}

function sharesServices(one: ComposeOutline, other: ComposeOutline): boolean {
  return one.services.some(({ name }) => other.services.some((service) => service.name === name));
}

function sharesOwnNetwork(one: ComposeOutline, other: ComposeOutline): boolean {
  return one.ownNetworks.some((network) => network !== "default" && other.ownNetworks.includes(network));
}

/**
 * Joins the files of LiteLLM and Traefik that compose refuses alone, because they name networks, volumes or services that they
 * do not declare, with the files of other folders that declare them (`docker compose -f base.yaml -f litellm/compose.yaml`).
 */
function completedAcrossFolders(
  candidates: readonly Candidate[],
  findBases: () => readonly ComposeOutline[],
): readonly Candidate[] {
  const needs = (one: Candidate): boolean => hasRole(one.all) && missingIn(one).length > 0;
  if (!candidates.some(needs)) return candidates;
  const bases = findBases().map((file): Candidate => ({ files: [file], all: [file], isDefault: false }));
  // Those that only declare come first: no service of theirs is added.
  let pool = [...bases, ...candidates];
  for (;;) {
    const pair = pool.filter(needs).flatMap((incomplete) => {
      const declares = ({ all }: Candidate): boolean =>
        missingIn(incomplete).some((name) => all.some(({ declared }) => declared.includes(name)));
      const provider = pool.find((one) => one !== incomplete && declares(one));
      return provider === undefined ? [] : [{ incomplete, provider }];
    })[0];
    if (pair === undefined) return pool.filter((one) => !bases.includes(one));
    const { incomplete, provider } = pair;
    const joinedOne: Candidate = {
      files: [...provider.files, ...incomplete.files],
      all: [...provider.all, ...incomplete.all],
      isDefault: false,
      isJoined: true,
    };
    pool = [...pool.filter((one) => one !== incomplete && one !== provider), joinedOne];
  }
}

/** What a candidate's files name, and none of them declares. */
function missingIn({ all }: Candidate): string[] {
  return all
    .flatMap(({ undeclared }) => undeclared)
    .filter((name) => !all.some(({ declared }) => declared.includes(name)));
}

/** Where the relative paths of a candidate start: of files in several folders, the folder that has most of what they name. */
function directoryOf(root: string, { files, isJoined = false }: Candidate): string {
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

/** The projects of LiteLLM and Traefik, and those that join their networks. */
function relevant(candidates: readonly Candidate[]): readonly Candidate[] {
  const core = (["litellm", "traefik"] as const).flatMap((role) => {
    const signs = candidates.map((candidate) => ({ candidate, sign: strongest(candidate.all, role) }));
    return signs.toSorted((a, b) => b.sign - a.sign).find(({ sign }) => sign > 0)?.candidate ?? [];
  });
  if (core.length === 0) return candidates;
  const networks = new Set(core.flatMap(({ all }) => all.flatMap(networkNames)));
  return candidates.filter(
    (candidate) => core.includes(candidate) || candidate.all.flatMap(networkNames).some((name) => networks.has(name)),
  );
}

function networkNames({ ownNetworks, namedNetworks, externalNetworks }: ComposeOutline): string[] {
  return [...ownNetworks, ...namedNetworks, ...externalNetworks].filter((name) => name !== "default");
}

function hasBothRoles(files: readonly ComposeOutline[]): boolean {
  return strongest(files, "litellm") > 0 && strongest(files, "traefik") > 0;
}

function hasRole(files: readonly ComposeOutline[]): boolean {
  return strongest(files, "litellm") > 0 || strongest(files, "traefik") > 0;
}

function strongest(files: readonly ComposeOutline[], role: "litellm" | "traefik"): number {
  return Math.max(0, ...files.flatMap(({ services }) => services.map((service) => roleSigns(service, role))));
}

function projectOf(root: string, candidate: Candidate): FoundProject {
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

function pathsOf(root: string, { files }: Candidate): string[] {
  return files.map(({ file }) => pathIn(root, file));
}
