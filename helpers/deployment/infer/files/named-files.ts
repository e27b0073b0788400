import { dirname, join, sep } from "node:path";
import { namedComposeFiles } from "../../compose/loading/project-files.ts";
import { envTextAt, variablesOf } from "../host/env-texts.ts";
import type { Candidate } from "./candidates.ts";
import { type ComposeOutline, composeOutline, filledFrom } from "./compose-files.ts";

/**
 * The projects whose files a `COMPOSE_FILE` names, in the `.env` of a folder or in its example.
 *
 * @param root the deployment's folder, absolute
 * @param outlines the compose files below it
 */
export function namedCandidates(root: string, outlines: readonly ComposeOutline[]): Omit<Candidate, "all">[] {
  return foldersAbove(root, outlines).flatMap((folder) => namedCandidate(root, folder) ?? []);
}

/** The files that no `COMPOSE_FILE` makes part of a project, or leaves out as a variant of one of its files. */
export function withoutNamed(
  outlines: readonly ComposeOutline[],
  candidates: readonly Omit<Candidate, "all">[],
): ComposeOutline[] {
  const isPart = (one: ComposeOutline): boolean =>
    candidates.some(
      ({ files, named }) =>
        files.some(({ file }) => file === one.file) ||
        (dirname(one.file) === named?.folder && one.services.some(({ name }) => hasService(files, name))),
    );
  return outlines.filter((one) => !isPart(one));
}

function hasService(files: readonly ComposeOutline[], name: string): boolean {
  return files.some(({ services }) => services.some((service) => service.name === name));
}

function namedCandidate(root: string, folder: string): Omit<Candidate, "all"> | undefined {
  const env = envTextAt(join(folder, ".env"));
  if (env === undefined) return undefined;
  const variables = variablesOf(env.text);
  const filled = filledFrom(env.text);
  const paths = namedComposeFiles(folder, { get: (name) => filled(variables.get(name) ?? "") }) ?? [];
  const read = paths.map((path) => ({ path, outline: path.startsWith(root + sep) ? composeOutline(path) : undefined }));
  const files = read.flatMap(({ outline }) => outline ?? []);
  if (files.length === 0) return undefined;
  const unread = read.flatMap(({ path, outline }) => (outline === undefined ? path : []));
  return { files, isDefault: true, named: { folder, isInExample: env.isExample, unread } };
}

/** The folders of compose files, and those above them. */
function foldersAbove(root: string, outlines: readonly ComposeOutline[]): string[] {
  const folders = new Set([root]);
  for (const { file } of outlines)
    for (let folder = dirname(file); folder.startsWith(root + sep); folder = dirname(folder)) folders.add(folder);
  return [...folders].toSorted();
}
