import { relative } from "node:path";
import type { SourceLocation } from "../../helpers/deployment/types.ts";
import type { CheckRun } from "../../suites/runner/deployment-run/check-run.ts";
import { type Kind, kinds, type Mutant } from "../files/mutant.ts";

/**
 * Where the failures of a killed mutant point. `first`: the first failure shown names the mutated place, or a line of the policy
 * that names what was changed (of a mutant of the policy itself: its own lines); `later`: another case or failure does; `elsewhere`: none does; `nowhere`: none has a location.
 * The first failure shown is the one that others follow from.
 */
export type Localisation = "first" | "later" | "elsewhere" | "nowhere";

/** How many lines away from the mutated place still counts as that place. */
const tolerance = 3;

/** What {@link localisationOf} looks at. */
export interface LocalisationInput {
  mutant: Pick<Mutant, "edits">;
  killers: readonly CheckRun[];
  /** The mutated copy of the deployment. */
  folder: string;
  /** A file of the deployment before the mutation, by its path in the folder. */
  read(file: string): string;
}

/** Judges the locations of a killed mutant's failures. */
export function localisationOf({ mutant, killers, folder, read }: LocalisationInput): Localisation {
  const places = mutant.edits.map(({ file, start, end }) => ({ file, ...linesOf(read(file), start, end) }));
  const changed = new Set(mutant.edits.flatMap((edit) => wordsOf(changedText(read(edit.file), edit))));
  const isPlace = ({ file, line }: SourceLocation): boolean => {
    const own = relative(folder, file);
    const inFile = places.filter((place) => place.file === own);
    if (isPolicy(own) && inFile.length > 0) return inFile.some(({ first, last }) => line >= first && line <= last);
    if (isPolicy(own)) {
      const stated = (read(own).split("\n")[line - 1] ?? "")
        .replace(/#.*|\bwhy:.*/, "")
        .replaceAll(/[\w-]+:(?=\s|$)/g, "");
      return wordsOf(stated).some((word) => changed.has(word));
    }
    return inFile.some(({ first, last }) => line >= first - tolerance && line <= last + tolerance);
  };
  const failures = rootsFirst(killers).flatMap(({ record }) => record.failure ?? []);
  const first = failures[0]?.location;
  if (first !== undefined && isPlace(first)) return "first";
  const locations = failures.flatMap(({ location, cases = [] }) => [location, ...cases.map((one) => one.location)]);
  const found = locations.filter((one) => one !== undefined);
  if (found.length === 0) return "nowhere";
  return found.some(isPlace) ? "later" : "elsewhere";
}

/** @param file relative to the deployment's folder */
function isPolicy(file: string): boolean {
  return /(^|\/)policy\.ya?ml$/.test(file);
}

/** The checks that a failure follows from: they judge what it needs. */
export function followedBy({ record }: CheckRun): string[] {
  const { failure } = record;
  return [failure, ...(failure?.cases ?? [])].flatMap((one) => one?.follows ?? []);
}

/** The failures that others follow from come first, as in a report. */
function rootsFirst(killers: readonly CheckRun[]): CheckRun[] {
  const followed = new Set(killers.flatMap(followedBy));
  const isRoot = ({ check }: CheckRun): boolean => followed.has(check.id);
  return [...killers.filter(isRoot), ...killers.filter((one) => !isRoot(one))];
}

/** What an edit removes and adds, with the key in front of it. */
function changedText(text: string, { start, end, text: added }: Mutant["edits"][number]): string {
  const key = /[\w.-]+(?=\s*[:=]\s*$)/.exec(text.slice(text.lastIndexOf("\n", start - 1) + 1, start))?.[0] ?? "";
  return `${key} ${text.slice(start, end)} ${added}`;
}

/** Names, paths and numbers in a text; words that any line may have are left out. */
function wordsOf(text: string): string[] {
  const words = text.match(/[\w/][\w./*-]{2,}/g) ?? [];
  return words
    .map((word) => word.replace(/[/.]+$/, ""))
    .filter((word) => word.length > 2 && !/^(?:true|false|null|name|path)$/i.test(word));
}

/** The lines of an edit, from the line of its key on: a value may be a block of several lines. */
function linesOf(text: string, start: number, end: number): { first: number; last: number } {
  const lines = text.split("\n");
  const lineAt = (offset: number): number => text.slice(0, offset).split("\n").length;
  let first = lineAt(start);
  // A line of a block scalar begins with neither a key nor a dash.
  while (first > 1 && !/^\s*(?:- |-$|[\w"'./-]+\s*[:=])/.test(lines[first - 1] ?? "")) first--;
  return { first, last: lineAt(Math.max(start, end - 1)) };
}

/** How many killed mutants are located, of those of which it is known. */
export interface LocatedShare {
  /** The first failure shown names the place. */
  first: number;
  /** Any failure does. */
  located: number;
  known: number;
}

/** Counts how many of the verdicts are located. */
export function locatedShare(verdicts: readonly { localisation?: Localisation }[]): LocatedShare {
  const known = verdicts.flatMap(({ localisation }) => localisation ?? []);
  const first = known.filter((one) => one === "first").length;
  return { first, located: first + known.filter((one) => one === "later").length, known: known.length };
}

/** A share as people read it, e.g. `96.0 % (24 of 25; the first failure: 23)`. */
export function locatedText({ first, located, known }: LocatedShare): string {
  if (known === 0) return "–";
  return `${((located / known) * 100).toFixed(1)} % (${located} of ${known}; by the first failure: ${first})`;
}

/** The shares by kind, and of all; kinds without a killed mutant are left out. */
export function localisationByKind(
  verdicts: readonly { mutant: { kind: Kind }; localisation?: Localisation }[],
): Record<string, LocatedShare> {
  const own = kinds.map((kind): [string, LocatedShare] => [
    kind,
    locatedShare(verdicts.filter(({ mutant }) => mutant.kind === kind)),
  ]);
  return Object.fromEntries([...own.filter(([, { known }]) => known > 0), ["all", locatedShare(verdicts)]]);
}
