/** The result of a command in a container. */
export interface Executed {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Milliseconds. */
  took: number;
}

/** How a command is run in a container. */
export interface ExecuteOptions {
  environment?: Readonly<Record<string, string>>;
  workingDir?: string;
  user?: string;
  /** Milliseconds; then `timeout` in the container kills the command. */
  deadline?: number;
}
