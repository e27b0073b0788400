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
 * It goes by names: vitest's main process has some modules twice, once by Node's loader and once by its own, and an error
 * of the one is not an instance of the other's class. Errors of `expect` count as failures of the requirement.
 */
export function classify(error: unknown): ErrorClass {
  switch (error instanceof Error ? error.name : "") {
    case "CheckFailure":
    case "AssertionError":
      return "failure";
    case "NotSupported":
      return "not-supported";
    case "EnvironmentError":
      return "environment";
    case "DeadlineError":
      return "timed-out";
    default:
      return "own-fault";
  }
}

/** Whether an error is a check's failure, with its details. */
export function isCheckFailure(error: unknown): error is CheckFailure {
  return (
    error instanceof CheckFailure || (error instanceof Error && error.name === "CheckFailure" && "details" in error)
  );
}
