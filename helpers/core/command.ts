import { DeploymentError, EnvironmentError, ExitCode, faultLine, UsageError } from "./errors.ts";

export { UsageError };

/** Runs a command of `npm run`: what it can't do is told in one line, with the suite's exit codes. */
export async function command(usage: string, work: (args: readonly string[]) => Promise<number>): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    console.log(usage);
    return;
  }
  try {
    process.exitCode = await work(args);
  } catch (error) {
    if (error instanceof UsageError) console.error(`${error.message}\n${usage}`);
    else if (error instanceof DeploymentError) for (const fault of error.faults) console.error(faultLine(fault));
    else if (error instanceof EnvironmentError || isOfTheSystem(error)) console.error(error.message);
    else throw error;
    process.exitCode =
      error instanceof UsageError || error instanceof DeploymentError
        ? ExitCode.deploymentWrong
        : ExitCode.environmentFailed;
  }
}

function isOfTheSystem(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error;
}
