import type { Mutant } from "../files/mutant.ts";
import type { Check } from "./checks.ts";
import type { Saying } from "./mutant-run.ts";

/** How far from each other two mutants of a file are neighbours, in UTF-16 units: a few lines. */
const neighbourhood = 300;

/** How likely a check that has never been heard notices a mutant: one of the many that are heard of each does. */
const firstChance = 0.1;

/** How likely a check notices a mutant whose neighbour it has noticed. */
const neighbourChance = 0.5;

/** The checks that have passed on the deployment as it is, with what they cost, the likeliest killers first. */
export class CheckOrder {
  readonly #cost = new Map<string, number>();
  readonly #before: ReadonlyMap<string, readonly string[]>;
  readonly #record = new Map<string, { tried: number; killed: number }>();
  readonly #kills: { file: string; at: number; check: string }[] = [];

  /**
   * @param before what noticed each mutant in an earlier run: by id, ids of checks
   * @param mutants where those mutants are
   */
  constructor(before: ReadonlyMap<string, readonly string[]>, mutants: readonly Mutant[]) {
    this.#before = before;
    for (const { id, shown } of mutants) for (const check of before.get(id) ?? []) this.#note(shown, check);
  }

  learnCost({ check, milliseconds }: Saying): void {
    this.#cost.set(check.id, Math.max(milliseconds, 1));
  }

  learn({ mutator, shown }: Mutant, { check, outcome }: Saying): void {
    const record = this.#record.get(`${mutator} ${check.id}`) ?? { tried: 0, killed: 0 };
    record.tried++;
    if (outcome === "failed") {
      record.killed++;
      this.#note(shown, check.id);
    }
    this.#record.set(`${mutator} ${check.id}`, record);
  }

  #note({ file, start }: Mutant["shown"], check: string): void {
    this.#kills.push({ file, at: start, check });
  }

  /**
   * What noticed this mutant before comes first; then by the kills that a millisecond buys, as far as this run knows: what
   * noticed its neighbours in the file, and what notices its kind of fault.
   */
  sort({ id: mutant, mutator, shown }: Mutant, checks: readonly Check[]): Check[] {
    const before = this.#before.get(mutant) ?? [];
    const near = new Set(
      this.#kills
        .filter(({ file, at }) => file === shown.file && Math.abs(at - shown.start) <= neighbourhood)
        .map(({ check }) => check),
    );
    const worth = ({ id }: Check): number => {
      if (before.includes(id)) return Number.POSITIVE_INFINITY;
      const { tried, killed } = this.#record.get(`${mutator} ${id}`) ?? { tried: 0, killed: 0 };
      const chance = (killed + firstChance) / (tried + 1);
      return (near.has(id) ? Math.max(chance, neighbourChance) : chance) / (this.#cost.get(id) ?? 1_000);
    };
    // Infinity less itself is no number.
    return checks.toSorted((one, other) => worth(other) - worth(one) || 0);
  }
}
