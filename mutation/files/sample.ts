import { createHash } from "node:crypto";
import type { Kind, Mutant } from "./mutant.ts";

/**
 * A sample of the mutants, the same for the same seed: every kind in turn, and within a kind every mutator in turn, so that
 * a small sample still contains every kind.
 *
 * @param size how many; all where there are fewer
 */
export function sampleOf(mutants: readonly Mutant[], size: number, seed: string): Mutant[] {
  const rank = ({ id }: Mutant): string => createHash("sha256").update(`${seed} ${id}`).digest("hex");
  const shuffled = mutants.toSorted((one, other) => (rank(one) < rank(other) ? -1 : 1));
  const byKind = Map.groupBy(shuffled, ({ kind }) => kind);
  const queues: [Kind, Mutant[]][] = [...byKind].map(([kind, own]) => [kind, inTurn(own)]);
  const chosen = new Set<Mutant>();
  while (chosen.size < Math.min(size, mutants.length)) {
    for (const [, queue] of queues) {
      const next = queue.shift();
      if (next !== undefined && chosen.size < size) chosen.add(next);
    }
  }
  return mutants.filter((mutant) => chosen.has(mutant));
}

function inTurn(mutants: readonly Mutant[]): Mutant[] {
  const queues = [...Map.groupBy(mutants, ({ mutator }) => mutator).values()];
  const longest = Math.max(...queues.map(({ length }) => length));
  return Array.from({ length: longest }, (_, round) => queues.flatMap((queue) => queue[round] ?? [])).flat();
}
