import { CommanderError } from "commander";
import { CheckFailure } from "../helpers/checks/check-failure.ts";
import { DeploymentError, EnvironmentError, ExitCode, faultLine, UsageError } from "../helpers/core/errors.ts";

/**
 * The exit code for an error that ended a command. Says what is wrong in one line, unless commander has done so.
 *
 * @throws what is a fault of the suite itself
 */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.conformant : ExitCode.deploymentWrong;
  if (error instanceof UsageError) {
    console.error(`error: ${error.message}`);
    return error.exitCode;
  }
  if (error instanceof DeploymentError) {
    for (const fault of error.faults) console.error(faultLine(fault));
    return error.exitCode;
  }
  if (error instanceof EnvironmentError || isSystemError(error)) {
    console.error(error.message);
    return ExitCode.environmentFailed;
  }
  // A deployment with which LiteLLM does not start: what a run would report as a failure.
  if (error instanceof CheckFailure) {
    console.error(error.message);
    return ExitCode.notConformant;
  }
  throw error;
}

/** A full disk, a missing permission and the like. */
function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}
