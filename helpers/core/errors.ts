/** One thing that is wrong with a file that an operator wrote. Printed as one line. */
export interface InputFault {
  /** Path as the operator would type it: relative to the working directory when it lies below it. */
  file: string;
  /** 1-based. Absent only when the whole file is wrong (missing, unreadable). */
  line?: number;
  /** What was found, and what was expected. */
  what: string;
  /** How to fix it, in the imperative. */
  fix: string;
}

/** The exit codes of every command of the suite. */
export const ExitCode = {
  conformant: 0,
  notConformant: 1,
  deploymentWrong: 2,
  environmentFailed: 3,
} as const;

/** The deployment or its policy is wrong: every fault found, exit code 2, nothing was started. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
  readonly exitCode = ExitCode.deploymentWrong;
  readonly faults: readonly InputFault[];

  constructor(faults: readonly InputFault[]) {
    super(faults.map(faultLine).join("\n"));
    this.faults = faults;
  }
}

/** The command line or an environment variable has a value that is not allowed: exit code 2, nothing was started. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly exitCode = ExitCode.deploymentWrong;
}

/** The machine or a part failed, not the deployment: no engine, no image, a part that would not start. Exit code 3. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  readonly exitCode = ExitCode.environmentFailed;
  /** The part that failed, when it was one. */
  readonly part: string | undefined;
  /** The part's last log lines, when there are any. */
  readonly log: readonly string[];

  constructor(message: string, options: { part?: string; log?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.part = options.part;
    this.log = options.log ?? [];
  }
}

/** `file:line: what; fix`: one line, so that editors and CI can jump to it. */
export function faultLine(fault: InputFault): string {
  const location = fault.line === undefined ? fault.file : `${fault.file}:${fault.line}`;
  return `${location}: ${fault.what}; ${fault.fix}`;
}
