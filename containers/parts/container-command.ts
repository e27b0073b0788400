import { PassThrough } from "node:stream";
import type { Engine } from "../engine/engine.ts";

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

/**
 * Runs a command in a container, with standard input closed.
 *
 * @param container id or name
 * @returns also when the command fails: its exit code says so (124 after the deadline)
 * @throws {Error} when the container does not exist or does not run
 */
export async function execute(
  engine: Engine,
  container: string,
  command: readonly string[],
  options: ExecuteOptions = {},
): Promise<Executed> {
  const timeout =
    options.deadline === undefined ? [] : ["timeout", "-k", "2", String(Math.ceil(options.deadline / 1000))];
  const began = performance.now();
  const exec = await engine.docker.getContainer(container).exec({
    Cmd: [...timeout, ...command],
    AttachStdout: true,
    AttachStderr: true,
    Env: Object.entries(options.environment ?? {}).map(([key, value]) => `${key}=${value}`),
    ...(options.workingDir === undefined ? {} : { WorkingDir: options.workingDir }),
    ...(options.user === undefined ? {} : { User: options.user }),
  });
  const stream = await exec.start({ hijack: true, stdin: false });
  const out = new PassThrough();
  const err = new PassThrough();
  const stdout = collect(out);
  const stderr = collect(err);
  engine.docker.modem.demuxStream(stream, out, err);
  await new Promise<void>((resolve, reject) => {
    stream.once("end", resolve);
    stream.once("error", reject);
  });
  out.end();
  err.end();
  const { ExitCode } = await exec.inspect();
  return { exitCode: ExitCode ?? -1, stdout: await stdout, stderr: await stderr, took: performance.now() - began };
}

/**
 * Starts a command in a container and does not wait for it. It ends with the container at the latest.
 *
 * @param container id or name
 * @throws {Error} when the container does not exist or does not run
 */
export async function launch(engine: Engine, container: string, command: readonly string[]): Promise<void> {
  const exec = await engine.docker.getContainer(container).exec({ Cmd: [...command] });
  const answer = await exec.start({ Detach: true });
  // An unread response would keep this process from exiting.
  answer.resume();
  answer.destroy();
}

async function collect(stream: PassThrough): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}
