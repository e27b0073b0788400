import { PassThrough } from "node:stream";
import type Dockerode from "dockerode";
import type { Executed, ExecuteOptions } from "../engine/command.ts";
import type { Engine } from "../engine/engine.ts";

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
  return await (engine.runCommand?.(container, command, options) ??
    executeOnce(engine.docker, container, command, options));
}

/** Runs a command in a container by an exec of the engine; see {@link execute}. */
export async function executeOnce(
  docker: Dockerode,
  container: string,
  command: readonly string[],
  options: ExecuteOptions = {},
): Promise<Executed> {
  const began = performance.now();
  const exec = await docker.getContainer(container).exec({
    Cmd: commandWithin(command, options.deadline),
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
  docker.modem.demuxStream(stream, out, err);
  await new Promise<void>((resolve, reject) => {
    stream.once("end", resolve);
    stream.once("error", reject);
  });
  out.end();
  err.end();
  const { ExitCode } = await exec.inspect();
  return { exitCode: ExitCode ?? -1, stdout: await stdout, stderr: await stderr, took: performance.now() - began };
}

/** The command that ends another one after its deadline, in milliseconds. */
export function commandWithin(command: readonly string[], deadline: number | undefined): string[] {
  return deadline === undefined ? [...command] : ["timeout", "-k", "2", String(Math.ceil(deadline / 1000)), ...command];
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
