import type { SourceLocation } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";

/**
 * What does not work because of a problem: everything of one source (a container's labels, the file provider's files), one
 * router, one middleware, a certificate, the redirection of an entry point, or nothing that Traefik would show.
 */
export type ProblemScope =
  | { kind: "source"; source: string }
  /** With its provider: `ui@docker`. */
  | { kind: "router" | "middleware"; name: string }
  /** The certificate of a router or an entry point. */
  | { kind: "certificate"; name: string }
  /** By the name of the entry point that redirects. */
  | { kind: "redirection"; name: string }
  | { kind: "nothing" };

/** Something in the dynamic configuration that Traefik refuses, drops or ignores. It starts all the same. */
export interface TraefikProblem {
  location: SourceLocation;
  /** What the file says. */
  what: string;
  /** What Traefik does about it. */
  effect: string;
  /** As an imperative. */
  fix: string;
  scope: ProblemScope;
}

/** Collects the problems of the dynamic configuration; each also becomes a note of the report. */
export class ProblemList {
  readonly #problems: TraefikProblem[] = [];
  readonly #notes: NoteList;

  constructor(notes: NoteList) {
    this.#notes = notes;
  }

  add(scope: ProblemScope, location: SourceLocation, what: string, effect: string, fix: string): void {
    this.#problems.push({ location, what, effect, fix, scope });
    this.#notes.add("finding", location, what, effect, fix);
  }

  /** In the order in which they were found. */
  get problems(): readonly TraefikProblem[] {
    return this.#problems;
  }
}
