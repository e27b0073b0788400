import { displayPath } from "../../core/text/display-path.ts";
import type { SourceLocation } from "./location.ts";

/**
 * Something that a reader of the report should know about the deployment's files, and that stops no run.
 *
 * - `finding`: a program ignores or misreads what the file says, e.g. a key that LiteLLM does not know.
 * - `change`: the run starts something else than the file says, e.g. another image.
 * - `not-proved`: the run can't honour it, so the report proves nothing about it, e.g. a plugin that can't be fetched.
 */
export interface DeploymentNote {
  kind: "finding" | "change" | "not-proved";
  /** Relative to the working directory where it lies below it, as the reports print paths. */
  file: string;
  /** 1-based; undefined for the whole file. */
  line?: number | undefined;
  /** What the file says, as one sentence; never a secret's value. */
  what: string;
  /** Why it does not work as written, or why the run does something else. */
  why: string;
  /** What the operator can do, as an imperative; undefined where nothing needs to be done. */
  fix?: string | undefined;
  /** Of a finding: undefined where a program ignores or misreads a setting, and the rest works. */
  weight?: FindingWeight | undefined;
}

/**
 * A finding that weighs more or less than a setting that a program ignores.
 *
 * - `stops`: LiteLLM, or one of its servers or models, does not start or does not work.
 * - `advice`: it works as written, and is unsafe, or stops under conditions that the finding names.
 */
export type FindingWeight = "stops" | "advice";

/** The heaviest first; those of one weight in the given order. */
export function byWeight<T extends Pick<DeploymentNote, "weight">>(findings: readonly T[]): T[] {
  const rank = ({ weight }: T): number => (weight === "stops" ? 0 : weight === undefined ? 1 : 2);
  return findings.toSorted((one, other) => rank(one) - rank(other));
}

/** What the operator has to fix first, the heaviest of it first; then what is not proved, then what the run changed. */
export function byImportance<T extends Pick<DeploymentNote, "kind" | "weight">>(notes: readonly T[]): T[] {
  const kinds = ["finding", "not-proved", "change"] as const;
  return kinds.flatMap((kind) => byWeight(notes.filter((note) => note.kind === kind)));
}

/** Collects the notes of a deployment; the same note at the same location counts once. */
export class NoteList {
  readonly #notes: DeploymentNote[] = [];

  /** @param at a location, or a file's absolute path for a note on the whole file */
  add(
    kind: DeploymentNote["kind"],
    at: SourceLocation | string,
    what: string,
    why: string,
    fix?: string,
    weight?: FindingWeight,
  ): void {
    const [file, line] = typeof at === "string" ? [at, undefined] : [at.file, at.line];
    const note: DeploymentNote = { kind, file: displayPath(file), line, what, why, fix, weight };
    const isKnown = this.#notes.some(
      (other) => other.file === note.file && other.line === line && other.kind === kind && other.what === what,
    );
    if (!isKnown) this.#notes.push(note);
  }

  addAll(notes: readonly DeploymentNote[]): void {
    for (const note of notes) this.#notes.push(note);
  }

  /** By file, then by line. */
  get notes(): readonly DeploymentNote[] {
    return this.#notes.toSorted(
      (one, other) => one.file.localeCompare(other.file) || (one.line ?? 0) - (other.line ?? 0),
    );
  }
}
