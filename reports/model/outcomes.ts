import type { Requirement, Requirements } from "../../helpers/requirements/requirements.ts";
import type { CheckOutcome } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "./check-result.ts";

/** A requirement with the checks that name it. */
export interface RequirementResult {
  requirement: Requirement;
  outcome: CheckOutcome;
  checks: readonly CheckResult[];
}

/** A failed check is a failed requirement; a check that passes proves it only if no other check of it failed. */
const precedence: readonly CheckOutcome[] = ["failed", "known-gap", "passed", "not-supported"];

/** The outcome of every requirement, in the order of the requirements. */
export function requirementResults(requirements: Requirements, checks: readonly CheckResult[]): RequirementResult[] {
  return [...requirements.values()].map((requirement) => {
    const own = checks.filter((check) => check.requirements.includes(requirement.id));
    const outcome = precedence.find((candidate) => own.some((check) => check.outcome === candidate)) ?? "not-tested";
    return { requirement, outcome, checks: own };
  });
}

/** The number of requirements, or of checks, with each outcome. */
export function countOutcomes(results: readonly { outcome: CheckOutcome }[]): Record<CheckOutcome, number> {
  const counts: Record<CheckOutcome, number> = {
    passed: 0,
    failed: 0,
    "known-gap": 0,
    "not-supported": 0,
    "not-tested": 0,
  };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/** The result of a run as a whole. */
export type RunVerdict = "conformant" | "not-conformant" | "nothing-selected" | "environment-failed";

/**
 * The verdict on a run. A failure of the environment comes first: what it kept from being tested may be conformant or not.
 *
 * @param problems what else went wrong: the engine or a part (`environment`), or the suite itself or its input (`suite`)
 * @param isFiltered whether the command line selects files or checks: one that selects no check says nothing about the gateway
 */
export function verdictOf(
  checks: readonly CheckResult[],
  problems: { environment: boolean; suite: boolean },
  isFiltered = false,
): RunVerdict {
  if (problems.environment) return "environment-failed";
  const ran = checks.filter(({ outcome }) => outcome !== "not-tested");
  const failed = ran.some(({ outcome }) => outcome === "failed");
  if (isFiltered && ran.length === 0 && !problems.suite) return "nothing-selected";
  return failed || ran.length === 0 || problems.suite ? "not-conformant" : "conformant";
}
