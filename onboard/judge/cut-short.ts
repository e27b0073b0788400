import type { ItemNumber } from "./items.ts";
import type { Case, Judgement } from "./judgement.ts";

type Judged = Record<ItemNumber, Judgement>;

/** Items that are judged by all of the calls. */
const byCalls: readonly ItemNumber[] = [9, 10, 15, 16, 25];

/** What is judged where the calls took too long, so that not all were made: what was seen does not prove that an item passes. */
export function withoutCalls(judged: Readonly<Judged>, { seen, candidate }: Case): Readonly<Judged> {
  if (!seen.isCutShort) return judged;
  const changed = { ...judged };
  for (const item of byCalls) {
    const { outcome } = judged[item];
    if (outcome !== "pass" && !(item === 25 && outcome === "not applicable")) continue;
    changed[item] = {
      outcome: "conditional",
      evidence: `its calls took longer than ${candidate.limits.seconds} s, and not all were made`,
      condition: "run it again with more limits.seconds, or with a server that answers sooner",
    };
  }
  return changed;
}
