import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** How many of a command's last lines are kept for the operator. */
export const keptLogLines = 30;

/** How a command of this machine is run. */
export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Receives each line that the command writes, on either stream, without its line end. */
  onLine?: (line: string) => void;
}

/** A command of this machine failed, or is not installed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** Its last lines: standard output and standard error, in the order of their arrival. */
  readonly log: readonly string[];

  constructor(command: string, reason: string, log: readonly string[], cause?: unknown) {
    super(`\`${command}\` ${reason}`, { cause });
    this.log = log;
  }
}

/**
 * Runs a command of this machine to its end, with standard input closed.
 *
 * @returns the last {@link keptLogLines} lines that it wrote
 * @throws {CommandError} when it does not exist or exits with another code than 0
 */
export async function runOnHost(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<readonly string[]> {
  const log: string[] = [];
  const keep = (line: string): void => {
    if (line.trim() === "") return;
    log.push(line);
    if (log.length > keptLogLines) log.shift();
    options.onLine?.(line);
  };
  const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ["ignore", "pipe", "pipe"] });
  createInterface({ input: child.stdout }).on("line", keep);
  createInterface({ input: child.stderr }).on("line", keep);
  const words = [command, ...args].join(" ");
  const exit = await new Promise<string | number | null>((resolve, reject) => {
    child.once("error", (cause: NodeJS.ErrnoException) => {
      reject(new CommandError(words, cause.code === "ENOENT" ? "is not installed" : cause.message, log, cause));
    });
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  if (exit !== 0) throw new CommandError(words, `exited with ${exit}`, log);
  return log;
}
