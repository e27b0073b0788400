import type { Requirement, RequirementId } from "../../helpers/requirements/requirements.ts";
import type { EnvironmentFailure } from "../../helpers/run/run-record.ts";

/** What became of a requirement, or of one check. */
export type Outcome = "passed" | "failed" | "known-gap" | "not-supported" | "not-tested";

/** One check, as the run saw it. */
export interface CheckResult {
  /** The sentence. */
  name: string;
  /** Spec file, relative to the project's root. */
  file: string;
  requirements: readonly string[];
  outcome: Outcome;
  /** Milliseconds. */
  duration: number;
  /** Milliseconds since the epoch. */
  endedAt: number;
  /** Rigs that it used. */
  rigs: readonly string[];
  /** Relative to the run's directory. */
  evidence: readonly string[];
  findings: readonly string[];
  /** Its requests to LiteLLM, and the milliseconds that LiteLLM took for them. */
  gateway?: { requests: number; milliseconds: number };
  /** Folder of what its failure left, relative to the run's directory. */
  failure?: string;
  /** The line of the deployment that most likely causes its failure; the path as a person would type it. */
  location?: { file: string; line: number };
  /** What the environment did to it, which is nobody's conformance. */
  environment?: EnvironmentFailure;
  /** The failure's own words, or the reason of a known gap or of what is not supported. */
  message: string | undefined;
  /** Name of the error that it failed with, e.g. `CheckFailure`. */
  errorName: string | undefined;
}

/** A requirement with the checks that name it. */
export interface RequirementResult {
  requirement: Requirement;
  outcome: Outcome;
  checks: readonly CheckResult[];
}

/** A failed check is a failed requirement; one that passes proves it only if no other check of it failed. */
const precedence: readonly Outcome[] = ["failed", "known-gap", "passed", "not-supported"];

/** The outcome of every requirement of the registry, in its order. */
export function requirementResults(
  requirements: ReadonlyMap<RequirementId, Requirement>,
  checks: readonly CheckResult[],
): RequirementResult[] {
  return [...requirements.values()].map((requirement) => {
    const own = checks.filter((check) => check.requirements.includes(requirement.id));
    const outcome = precedence.find((candidate) => own.some((check) => check.outcome === candidate)) ?? "not-tested";
    return { requirement, outcome, checks: own };
  });
}

/** How many requirements came to which outcome. */
export function countOutcomes(results: readonly RequirementResult[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { passed: 0, failed: 0, "known-gap": 0, "not-supported": 0, "not-tested": 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/** What the run as a whole came to. */
export type Verdict = "conformant" | "not-conformant" | "environment-failed";

/** What else can go wrong in a run than a requirement. */
export interface Trouble {
  /** A part or the engine failed. */
  environment: boolean;
  /** Files that would not load, unhandled errors, checks without a requirement: the suite's own faults. */
  own: readonly string[];
}

/** The environment's failure comes first: what it kept from being tested may be conformant or not. */
export function verdictOf(checks: readonly CheckResult[], trouble: Trouble): Verdict {
  if (trouble.environment) return "environment-failed";
  const ran = checks.filter(({ outcome }) => outcome !== "not-tested");
  const failed = ran.some(({ outcome }) => outcome === "failed");
  return failed || ran.length === 0 || trouble.own.length > 0 ? "not-conformant" : "conformant";
}
