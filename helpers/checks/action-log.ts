/** A command that a check ran on a machine of a rig, and its result. */
export interface CommandRun {
  /** Unique within the check; a failure's evidence names it. */
  id: string;
  /** ISO 8601. */
  at: string;
  rig: string;
  /** Name of the part. */
  part: string;
  command: readonly string[];
  /** What was set for this command only. */
  environment: Readonly<Record<string, string>>;
  workingDir: string | undefined;
  user: string | undefined;
  /** Undefined while it runs. */
  exitCode: number | undefined;
  /** How long it took; undefined while it runs. */
  milliseconds: number | undefined;
  stdout: string;
  stderr: string;
}

/** A connection that was tried from one machine of the rigs to another. */
export interface TriedConnection {
  /** Unique within a sweep: the text that a failure shows for it. */
  id: string;
  /** A machine with bash in the network namespace that it was tried from. */
  from: { rig: string; part: string };
  /** The part that it was meant for, with the engine's name of a network, or a name that had to be looked up. */
  to: { rig: string; part: string; network: string; family: 4 | 6 } | { name: string };
  port: number;
  /** In the policy's words, e.g. `refused`. */
  outcome: string;
}

/** What the scripted model answers. */
export interface ModelScript {
  id: string;
  /** As the scripted model takes it: which requests it claims, and its turns. */
  script: { match: { includes: string } };
}

/** What one check did in addition to its requests, in the order in which it began: evidence, and the way to repeat it. */
export class ActionLog {
  readonly commands: CommandRun[] = [];
  readonly scripts: ModelScript[] = [];
  /** Hundreds, and the same for all checks of a matrix: not evidence by themselves. */
  connections: readonly TriedConnection[] = [];

  /** Notes a command that begins; the caller fills in its result. */
  begin(command: Omit<CommandRun, "id" | "exitCode" | "milliseconds" | "stdout" | "stderr">): CommandRun {
    const run: CommandRun = {
      ...command,
      id: `command-${this.commands.length + 1}`,
      exitCode: undefined,
      milliseconds: undefined,
      stdout: "",
      stderr: "",
    };
    this.commands.push(run);
    return run;
  }
}

/** How much of a command's output the evidence keeps, in characters. */
const keptOutput = 20_000;

/** The command as it is kept: long output is cut, and says so. */
export function abridgedCommand(run: CommandRun): CommandRun {
  const cut = (text: string): string =>
    text.length <= keptOutput ? text : `${text.slice(0, keptOutput)}… (cut: ${text.length} characters)`;
  return { ...run, command: run.command.map(cut), stdout: cut(run.stdout), stderr: cut(run.stderr) };
}
