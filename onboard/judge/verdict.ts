import type { Judgements } from "./judge.ts";

/** What becomes of a candidate. */
export type Verdict = "accept" | "accept with conditions" | "reject";

/** The verdict: one failed item rejects, one condition is one too many for a plain yes. */
export function verdictOf(judged: Judgements): Verdict {
  const outcomes = Object.values(judged).map(({ outcome }) => outcome);
  if (outcomes.includes("fail")) return "reject";
  return outcomes.includes("conditional") ? "accept with conditions" : "accept";
}
