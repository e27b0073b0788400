/** What a comparison is about: a report draws each subject as one matrix, from the cells of every check. */
export const comparisonSubjects = [
  "edge-decisions",
  "permissions",
  "catalogue",
  "clients",
  "logins",
  "reachability",
] as const;

/** One of {@link comparisonSubjects}. */
export type ComparisonSubject = (typeof comparisonSubjects)[number];

/** What was expected and what was found for one case, at its place in a matrix. */
export interface ComparedCase {
  /** E.g. a tool, a client, or a source of connections. */
  row: string;
  /** E.g. a way to list tools, a fault, or a target. */
  column: string;
  /** In a few words, e.g. `refused`. */
  expected: string;
  /** In a few words, e.g. `200 from LiteLLM`. */
  found: string;
  holds: boolean;
}

/** Every case of one check at one place of a matrix. */
export interface ComparedCell {
  row: string;
  column: string;
  /** Each once. */
  expected: readonly string[];
  /** Each once; of the cases that do not hold first. */
  found: readonly string[];
  cases: number;
  /** How many of them do not hold. */
  failed: number;
}

/** The cells of one check in one matrix. */
export interface Comparison {
  subject: ComparisonSubject;
  cells: readonly ComparedCell[];
}

/** Collects what a check compares. */
export class ComparisonList {
  readonly #cases = new Map<ComparisonSubject, ComparedCase[]>();

  add(subject: ComparisonSubject, one: ComparedCase): void {
    this.#cases.set(subject, [...(this.#cases.get(subject) ?? []), one]);
  }

  /** The cells, in the order in which the check first came to them. */
  get comparisons(): readonly Comparison[] {
    return [...this.#cases].map(([subject, cases]) => ({ subject, cells: cellsOf(cases) }));
  }
}

function cellsOf(cases: readonly ComparedCase[]): ComparedCell[] {
  const places = Map.groupBy(cases, ({ row, column }) => JSON.stringify([row, column]));
  return [...places.values()].flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const failed = own.filter(({ holds }) => !holds);
    const held = own.filter(({ holds }) => holds);
    return {
      row: first.row,
      column: first.column,
      expected: [...new Set(own.map(({ expected }) => expected))],
      found: [...new Set([...failed, ...held].map(({ found }) => found))],
      cases: own.length,
      failed: failed.length,
    };
  });
}
