import { randomBytes } from "node:crypto";
import { PassThrough, type Readable, type Writable } from "node:stream";
import type { Engine } from "../../containers/engine/engine.ts";

/** What a command ended with. */
export interface CommandOutcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A shell's standard streams. */
export interface ShellStreams {
  /** Its end is that of the shell. */
  input: Writable;
  output: Readable;
  errors: Readable;
}

/**
 * A command that one shell in a container runs again and again: each exec of the engine takes about 80 ms of CPU time, which a
 * candidate with many tools would pay hundreds of times.
 */
export class RepeatedCommand {
  readonly #streams: ShellStreams;
  readonly #end: string;
  #stdout = "";
  #stderr = "";
  #settle: ((outcome: CommandOutcome | undefined) => void) | undefined;
  #isOver = false;

  /** @param end what the shell writes after each run, as {@link shellLoop} has it */
  constructor(streams: ShellStreams, end: string) {
    this.#streams = streams;
    this.#end = end;
    streams.output.setEncoding("utf8").on("data", (piece: string) => {
      this.#stdout += piece;
      this.#finish();
    });
    streams.errors.setEncoding("utf8").on("data", (piece: string) => {
      this.#stderr += piece;
      this.#finish();
    });
    const over = (): void => {
      this.#isOver = true;
      this.#settle?.(undefined);
    };
    streams.input.once("end", over).once("close", over).on("error", over);
  }

  /**
   * Starts the shell in a container.
   *
   * @param deadline of each run, in milliseconds; then `timeout` in the container kills the command
   * @throws {Error} when the container does not run
   */
  static async start(
    { docker }: Engine,
    container: string,
    command: readonly string[],
    deadline: number,
  ): Promise<RepeatedCommand> {
    const end = newEnd();
    const exec = await docker.getContainer(container).exec({
      Cmd: shellLoop(command, end, deadline),
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const input = await exec.start({ hijack: true, stdin: true });
    const [output, errors] = [new PassThrough(), new PassThrough()];
    docker.modem.demuxStream(input, output, errors);
    return new RepeatedCommand({ input, output, errors }, end);
  }

  /**
   * Runs the command once more; one run at a time.
   *
   * @returns undefined when the shell has ended or can't be started
   */
  async run(): Promise<CommandOutcome | undefined> {
    if (this.#isOver) return undefined;
    const { promise, resolve } = Promise.withResolvers<CommandOutcome | undefined>();
    this.#settle = resolve;
    // An idle shell must not keep this process from exiting.
    setActive(this.#streams.input, true);
    this.#streams.input.write("\n");
    const outcome = await promise;
    setActive(this.#streams.input, false);
    this.#settle = undefined;
    [this.#stdout, this.#stderr] = ["", ""];
    return outcome;
  }

  #finish(): void {
    const [out, err] = [this.#stdout.lastIndexOf(this.#end), this.#stderr.lastIndexOf(this.#end)];
    if (out < 0 || err < 0) return;
    const exitCode = /^(\d+)\n/.exec(this.#stdout.slice(out + this.#end.length))?.[1];
    if (exitCode === undefined) return;
    const [stdout, stderr] = [this.#stdout.slice(0, out), this.#stderr.slice(0, err)];
    this.#settle?.({ exitCode: Number(exitCode), stdout, stderr });
  }
}

/** A text that no command prints. */
export function newEnd(): string {
  return `end-${randomBytes(8).toString("hex")}-`;
}

/**
 * A shell that runs a command once for each line of its input, and then writes `end` to both outputs, with the exit code on the
 * first one.
 *
 * @param deadline of each run, in milliseconds
 */
export function shellLoop(command: readonly string[], end: string, deadline: number): string[] {
  const script =
    'end=$1 within=$2; shift 2; while read -r _; do timeout -k 2 "$within" "$@" </dev/null; ' +
    'printf "%s%d\\n" "$end" $?; printf "%s\\n" "$end" >&2; done';
  return ["sh", "-c", script, "sh", end, String(Math.ceil(deadline / 1000)), ...command];
}

function setActive(stream: Writable, isActive: boolean): void {
  const socket = stream as Writable & { ref?(): void; unref?(): void };
  if (isActive) socket.ref?.();
  else socket.unref?.();
}
