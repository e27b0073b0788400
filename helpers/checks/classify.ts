import { DeadlineError } from "../core/deadlines.ts";
import { EnvironmentError } from "../core/errors.ts";
import { CheckFailure } from "./check-failure.ts";

/** The running version or the deployment lacks a feature, found by detection: the check proves nothing. */
export class NotSupported extends Error {
  override readonly name = "NotSupported";
}

/** What an error that a check ended with says. */
export type ErrorClass =
  /** The requirement does not hold. */
  | "failure"
  | "not-supported"
  /** The engine, a part or the machine failed: no verdict is possible. */
  | "environment"
  /** A wait ended at its deadline: something is wrong, and the check could not say what. */
  | "timed-out"
  /** The check itself broke. */
  | "own-fault";

/**
 * The one place that decides what an error means; a run, its reports and mutation use it.
 *
 * Errors of `expect` count as failures of the requirement.
 */
export function classify(error: unknown): ErrorClass {
  if (error instanceof CheckFailure) return "failure";
  if (error instanceof NotSupported) return "not-supported";
  if (error instanceof EnvironmentError) return "environment";
  if (error instanceof DeadlineError) return "timed-out";
  return error instanceof Error && error.name === "AssertionError" ? "failure" : "own-fault";
}
