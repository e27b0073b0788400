import { basename, dirname, join, resolve } from "node:path";
import { type Candidate, candidatesOf, strongest } from "./candidates.ts";
import { completedAcrossFolders } from "./completed.ts";
import { type ComposeOutline, composeBases, composeFileNames, composeOutlines, isOverride } from "./compose-files.ts";
import { directoryOf, type FoundProject, pathsOf, projectOf } from "./found-project.ts";
import { namedCandidates, withoutNamed } from "./named-files.ts";
import { joinedByName } from "./same-project.ts";
import { sharesNetwork } from "./shared-networks.ts";

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

/**
 * Finds the compose projects that make up the gateway: what compose finds in the folder itself, or `COMPOSE_FILE` names; where LiteLLM or Traefik
 * is not in it, the projects in its subfolders and the stacks under other names. Files that another one includes or
 * extends are not projects. A project that shares no network with LiteLLM or Traefik is left out.
 *
 * @param folder the deployment's folder
 */
export function findProjects(folder: string): FoundProjects {
  const root = resolve(folder);
  const outlines = composeOutlines(root);
  const used = new Set(outlines.flatMap(({ uses }) => uses.flatMap(composeFilesAt)));
  const named = namedCandidates(root, outlines);
  const others = withoutNamed(outlines, named).filter(({ file }) => !used.has(file));
  const inFolders = [...named, ...candidatesOf(others)].map((candidate) => ({
    ...candidate,
    all: withIncluded(candidate.files, outlines),
  }));
  const candidates = completedAcrossFolders(inFolders, () => composeBases(root));
  const own = candidates.find(({ files, isDefault, named: { folder: home } = { folder: undefined } }) => {
    return isDefault && (home === undefined ? files.some(({ file }) => dirname(file) === root) : home === root);
  });
  if (own !== undefined && (candidates.length === 1 || hasBothRoles(own.all)))
    return foundProjects(root, candidates, [own], own);
  return foundProjects(root, candidates, relevant(root, candidates), own);
}

function foundProjects(
  root: string,
  all: readonly Candidate[],
  parts: readonly Candidate[],
  own: Candidate | undefined,
): FoundProjects {
  const chosen = joinedByName(parts);
  const projects = chosen.map((candidate) => projectOf(root, candidate));
  const isFoundByCompose =
    chosen.length === 1 &&
    chosen[0] === own &&
    own?.named === undefined &&
    own?.files.every(({ file }) => isFoundByName(file)) &&
    projects.every(({ profiles, questions }) => profiles.length === 0 && questions.length === 0);
  return {
    compose: isFoundByCompose ? undefined : projects,
    files: chosen.map(({ files }) => files.map(({ file }) => file)),
    directories: chosen.map((candidate) => directoryOf(root, candidate)),
    included: chosen.map(({ files, all: read }) => read.flatMap((one) => (files.includes(one) ? [] : one.file))),
    others: all.filter((one) => !parts.includes(one)).flatMap((one) => pathsOf(root, one)),
  };
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

/** The projects of LiteLLM and Traefik, and those that join their networks. */
function relevant(root: string, candidates: readonly Candidate[]): readonly Candidate[] {
  const [traefik] = mostLikely(candidates, "traefik");
  const gateways = mostLikely(candidates, "litellm");
  // Stacks of several hosts may have a LiteLLM each: the one that Traefik reaches is behind it.
  const behind = gateways.find(
    (one) => traefik !== undefined && (one === traefik || sharesNetwork(root, one, traefik)),
  );
  const core = [behind ?? gateways[0] ?? [], traefik ?? []].flat();
  if (core.length === 0) return candidates;
  const variants = new Set(core.flatMap((one) => one.variants ?? []));
  const replaced = new Set(core.flatMap((one) => one.replaces ?? []));
  const isVariant = ({ files, all }: Candidate): boolean =>
    files.every((file) => variants.has(file)) && (strongest(all, "litellm") > 0 || strongest(all, "traefik") > 0);
  return candidates.filter(
    (candidate) =>
      core.includes(candidate) ||
      (!isVariant(candidate) &&
        !candidate.files.some((file) => replaced.has(file)) &&
        core.some((one) => sharesNetwork(root, candidate, one))),
  );
}

/** The candidates of which it is surest that one of their services plays a role. */
function mostLikely(candidates: readonly Candidate[], role: "litellm" | "traefik"): Candidate[] {
  const signs = candidates.map((candidate) => strongest(candidate.all, role));
  const most = Math.max(0, ...signs);
  return most === 0 ? [] : candidates.filter((_, index) => signs[index] === most);
}

function hasBothRoles(files: readonly ComposeOutline[]): boolean {
  return strongest(files, "litellm") > 0 && strongest(files, "traefik") > 0;
}

function isFoundByName(file: string): boolean {
  return composeFileNames.includes(basename(file)) || isOverride(file);
}
