import type { Mutant } from "../files/mutant.ts";
import type { Saying } from "./mutant-run.ts";

/** What became of a mutant. */
export type MutantOutcome =
  /** A check failed: its requirements noticed. */
  | "killed"
  /** Every check that could see it passed. */
  | "survived"
  /** Every check that was heard passed and there are others, or the run was cut short. */
  | "undecided"
  /** No check failed, and one waited to its deadline. */
  | "timed out"
  /** The loader refused the files: exit code 2, with file and line. */
  | "invalid"
  /** A part did not start: exit code 3, with its last words. No requirement was named. */
  | "does not start"
  /** No check failed, and one broke with an error of its own. */
  | "broke a check"
  /** Named in the list of equivalent mutants: it means the same. */
  | "equivalent";

export interface MutantVerdict {
  mutant: Mutant;
  fate: MutantOutcome;
  /** The checks that failed: the first one, or all with `--all`. */
  killers: readonly Saying[];
  /** Of how many checks the sayings were heard. */
  heard: number;
  /** Why, in the words of the loader, the check or the part. */
  reason: string;
  milliseconds: number;
}

/** Ids of the requirements that noticed. */
export function killingRequirements({ killers }: MutantVerdict): string[] {
  return [...new Set(killers.flatMap(({ check }) => check.requirements))].sort();
}

/** The fate that the sayings of the checks come to. */
export function fateOf(sayings: readonly Saying[]): Pick<MutantVerdict, "fate" | "killers" | "reason"> {
  const killers = sayings.filter(({ outcome }) => outcome === "failed");
  const [first] = killers;
  if (first !== undefined) return { fate: "killed", killers, reason: first.message };
  const of = (outcome: Saying["outcome"]): Saying | undefined => sayings.find((saying) => saying.outcome === outcome);
  const told = (fate: MutantOutcome, saying: Saying): Pick<MutantVerdict, "fate" | "killers" | "reason"> => ({
    fate,
    killers: [],
    reason: `${saying.check.requirements.join(", ")}, ${saying.check.sentence}: ${saying.message}`,
  });
  const late = of("timed-out");
  if (late !== undefined) return told("timed out", late);
  const environment = of("environment");
  if (environment !== undefined) return told("does not start", environment);
  const broken = of("broke");
  if (broken !== undefined) return told("broke a check", broken);
  return { fate: "survived", killers: [], reason: "" };
}

/** The verdict on what nothing noticed of what was heard, where others can see it too. */
export function openElsewhere(verdict: MutantVerdict): MutantVerdict {
  return verdict.fate === "survived" ? { ...verdict, fate: "undecided" } : verdict;
}

/**
 * The verdict where the run was cut short before whatever noticed the mutant was heard again on the deployment as it is:
 * it may have noticed what the mutant before had left behind.
 */
export function unconfirmed(verdict: MutantVerdict): MutantVerdict {
  if (verdict.fate !== "killed") return verdict;
  const reason = `${killingRequirements(verdict).join(", ")} noticed it; the run was cut short before that was confirmed`;
  return { ...verdict, fate: "undecided", killers: [], reason };
}

/** How many of the mutants that mean something else were noticed; undefined where there is none. */
export function score(verdicts: readonly MutantVerdict[]): number | undefined {
  const count = (...fates: readonly MutantOutcome[]): number =>
    verdicts.filter(({ fate }) => fates.includes(fate)).length;
  const noticed = count("killed", "timed out");
  const all = noticed + count("survived", "broke a check");
  return all === 0 ? undefined : noticed / all;
}
