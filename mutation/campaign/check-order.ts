import { type CheckRun, detected } from "../../suites/runner/deployment-run/check-run.ts";
import type { LoadedCheck } from "../../suites/runner/load-checks.ts";
import type { Mutant } from "../files/mutant.ts";
import { followedBy } from "./localisation.ts";

/** How far apart two mutants of a file are neighbours, in UTF-16 units: a few lines. */
const neighbourhood = 300;

/** How likely a check that has not been run yet kills a mutant: of the many that can, about one in ten does. */
const firstChance = 0.1;

/** How likely a check kills a mutant whose neighbour it has killed. */
const neighbourChance = 0.5;

/** What a kill is worth whose failure does not name the mutated place. */
const symptomValue = 0.2;

/** The cost of a check that has not been run yet, in milliseconds. */
const unknownCost = 1_000;

/** Sorts the checks for a mutant so that the likeliest and cheapest killers come first. */
export class CheckOrder {
  readonly #cost = new Map<string, number>();
  readonly #earlierKillers: ReadonlyMap<string, readonly string[]>;
  readonly #history = new Map<string, { runs: number; kills: number }>();
  /** The checks that failures of others follow from. */
  readonly #needed = new Set<string>();
  readonly #kills: { file: string; at: number; check: string }[] = [];

  /**
   * @param earlierKillers what killed each mutant in an earlier run: id of the mutant to ids of checks
   * @param mutants where those mutants are
   */
  constructor(earlierKillers: ReadonlyMap<string, readonly string[]>, mutants: readonly Mutant[]) {
    this.#earlierKillers = earlierKillers;
    for (const { id, shown } of mutants) for (const check of earlierKillers.get(id) ?? []) this.#addKill(shown, check);
  }

  /** Learns how many milliseconds a check takes. */
  learnCost(check: string, duration: number): void {
    this.#cost.set(check, Math.max(duration, 1));
  }

  /**
   * Learns whether a check has killed a mutant.
   *
   * @param isLocated whether its failure names the mutated place: one that does not is a symptom of what another check shows
   */
  learn({ mutator, shown }: Mutant, run: CheckRun, isLocated = true): void {
    const { id } = run.check;
    for (const needed of followedBy(run)) this.#needed.add(needed);
    const history = this.#history.get(`${mutator} ${id}`) ?? { runs: 0, kills: 0 };
    history.runs++;
    if (detected(run)) {
      history.kills += isLocated ? 1 : symptomValue;
      if (isLocated) this.#addKill(shown, id);
    }
    this.#history.set(`${mutator} ${id}`, history);
  }

  #addKill({ file, start }: Mutant["shown"], check: string): void {
    this.#kills.push({ file, at: start, check });
  }

  /**
   * First the checks that judge what others need, so that a fault shows as its cause. Then those that killed this mutant in an
   * earlier run. Then by expected kills per millisecond, from what this run
   * has learned: which checks killed neighbours in the file, and which kill mutants of this mutator.
   */
  sort({ id: mutant, mutator, shown }: Mutant, checks: readonly LoadedCheck[]): LoadedCheck[] {
    const earlier = this.#earlierKillers.get(mutant) ?? [];
    const near = new Set(
      this.#kills
        .filter(({ file, at }) => file === shown.file && Math.abs(at - shown.start) <= neighbourhood)
        .map(({ check }) => check),
    );
    const worth = ({ id }: LoadedCheck): number => {
      if (earlier.includes(id)) return Number.POSITIVE_INFINITY;
      const { runs, kills } = this.#history.get(`${mutator} ${id}`) ?? { runs: 0, kills: 0 };
      const chance = (kills + firstChance) / (runs + 1);
      return (near.has(id) ? Math.max(chance, neighbourChance) : chance) / (this.#cost.get(id) ?? unknownCost);
    };
    // Infinity minus Infinity is NaN.
    const byWorth = checks.toSorted((one, other) => worth(other) - worth(one) || 0);
    const isNeeded = ({ id }: LoadedCheck): boolean => this.#needed.has(id);
    return [...byWorth.filter(isNeeded), ...byWorth.filter((one) => !isNeeded(one))];
  }
}
