import { type CheckRun, detected, messageOf } from "../../suites/runner/deployment-run/check-run.ts";
import type { Mutant } from "../files/mutant.ts";
import type { Localisation } from "./localisation.ts";

/** What became of a mutant. */
export type MutantOutcome =
  /** A check failed: a requirement detected it. */
  | "killed"
  /** Every check that can detect it passed. */
  | "survived"
  /** Every check that was run passed and there are others, or the run was cut short. */
  | "undecided"
  /** No check failed, and one waited until its deadline. */
  | "timed out"
  /** The loader refused the files: exit code 2, with file and line. */
  | "invalid"
  /** A part did not start: exit code 3, with its last log lines. No requirement was named. */
  | "does not start"
  /** No check failed, and one broke with an error of its own. */
  | "broke a check"
  /** Listed as equivalent: the deployment means the same. */
  | "equivalent";

export interface MutantVerdict {
  mutant: Mutant;
  outcome: MutantOutcome;
  /** The checks that failed: the first one, or all with `--all`. */
  killers: readonly CheckRun[];
  /** Of a killed one: whether its failures point to the mutated place. */
  localisation?: Localisation;
  /** How many checks were run. */
  checksRun: number;
  /** Why: the message of the loader, the check or the part. */
  reason: string;
  milliseconds: number;
}

/** Ids of the requirements that detected it. */
export function killingRequirements({ killers }: Pick<MutantVerdict, "killers">): string[] {
  return [...new Set(killers.flatMap(({ record }) => record.requirements))].sort();
}

type Decision = Pick<MutantVerdict, "outcome" | "killers" | "reason">;

/** The outcome of a mutant, from the checks that were run on it. */
export function outcomeOf(runs: readonly CheckRun[]): Decision {
  const killers = runs.filter(detected);
  const [first] = killers;
  if (first !== undefined) return { outcome: "killed", killers, reason: messageOf(first.record) };
  const timedOut = runs.find(({ record }) => record.ownFault?.name === "DeadlineError");
  if (timedOut !== undefined) return undetected("timed out", timedOut);
  const environment = runs.find(({ record }) => record.environment !== undefined);
  if (environment !== undefined) return undetected("does not start", environment);
  const broken = runs.find(({ record }) => record.ownFault !== undefined);
  if (broken !== undefined) return undetected("broke a check", broken);
  return { outcome: "survived", killers: [], reason: "" };
}

function undetected(outcome: MutantOutcome, { check, record }: CheckRun): Decision {
  return { outcome, killers: [], reason: `${check.id}: ${messageOf(record)}` };
}

/** The verdict on a mutant that survived the checks that were run, where others can detect it too. */
export function undecidedIfSurvived(verdict: MutantVerdict): MutantVerdict {
  return verdict.outcome === "survived" ? { ...verdict, outcome: "undecided" } : verdict;
}

/**
 * The verdict where the run was cut short before the killing checks were re-run on the unmodified deployment: they may
 * have failed because of what the mutant before had left behind.
 */
export function unconfirmed(verdict: MutantVerdict): MutantVerdict {
  if (verdict.outcome !== "killed") return verdict;
  const { localisation: _, ...rest } = verdict;
  const reason = `${killingRequirements(verdict).join(", ")} detected it; the run was cut short before this was confirmed`;
  return { ...rest, outcome: "undecided", killers: [], reason };
}

/** The share of detected mutants among those that change the deployment's meaning; undefined where there is none. */
export function score(verdicts: readonly MutantVerdict[]): number | undefined {
  const count = (...outcomes: readonly MutantOutcome[]): number =>
    verdicts.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const killed = count("killed", "timed out");
  const all = killed + count("survived", "broke a check");
  return all === 0 ? undefined : killed / all;
}
