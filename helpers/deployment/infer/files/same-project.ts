import { dirname } from "node:path";
import type { Candidate } from "./candidates.ts";
import { isStack, nameOf } from "./project-name.ts";

/**
 * Joins the candidates of one folder to which compose gives one name: they are one project, and have the same networks, also where
 * each is started by a call of its own.
 */
export function joinedByName(candidates: readonly Candidate[]): readonly Candidate[] {
  return [...Map.groupBy(candidates, projectKey).values()].map(joinedCandidate);
}

/** The folder and the name of a project; the candidate itself where compose does not decide the name. */
function projectKey(candidate: Candidate): string | Candidate {
  const [first] = candidate.files;
  if (first === undefined || candidate.isJoined || candidate.named !== undefined || isStack(candidate))
    return candidate;
  const folder = dirname(first.file);
  return JSON.stringify([folder, nameOf(candidate, folder)]);
}

function joinedCandidate(group: readonly Candidate[]): Candidate {
  // What compose finds by itself comes first: a project's first file decides its folder.
  const [first, ...others] = group.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault));
  if (first === undefined) throw new Error("a group of candidates is empty");
  if (others.length === 0) return first;
  const neighbours = others.flatMap(({ files }) => files);
  return {
    ...first,
    files: [...first.files, ...neighbours],
    all: [...first.all, ...others.flatMap(({ all }) => all)],
    neighbours,
  };
}
