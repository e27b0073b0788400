import { reachThem, unreachableLines } from "../observe/unreachable-host.ts";
import type { ItemNumber } from "./items.ts";
import type { Case, Judgement } from "./judgement.ts";

type Judged = Record<ItemNumber, Judgement>;

/** Items that a server without its host can fail: it lists less, its errors are the network's, it waits, or it does not come back. */
const dependent: readonly ItemNumber[] = [8, 9, 16, 28, 30];

/**
 * What is judged where a host that the candidate needs can't be reached: what can fail for that is a condition. So is item 16 in any
 * case, because what a tool does with the host was not seen.
 */
export function withoutHosts(judged: Readonly<Judged>, { unreachable = [], differences = [] }: Case): Readonly<Judged> {
  if (unreachable.length === 0) return judged;
  const lines = unreachableLines(unreachable);
  const excused = (own: Judgement): Judgement => ({
    outcome: "conditional",
    evidence: [own.evidence, ...lines].join("\n"),
    condition: [...(own.condition === undefined ? [] : [own.condition]), reachThem(unreachable)].join("; "),
  });
  const changed = { ...judged };
  for (const item of dependent) if (judged[item].outcome === "fail") changed[item] = excused(judged[item]);
  if (judged[16].outcome !== "not applicable") changed[16] = excused(judged[16]);
  // A tool that is listed with the host only. What has changed otherwise may be a rug pull.
  const isLess = differences.every(({ kind }) => kind === "tool-removed" || kind === "dependency");
  if (judged[19].outcome === "fail" && isLess) changed[19] = excused(judged[19]);
  return changed;
}
