import { PassThrough } from "node:stream";
import type { Engine } from "../../containers/engine/engine.ts";
import type { Pipe } from "../protocol/stdio-channel.ts";

/** What is run, and in which container. */
export interface ContainerProcess {
  container: string;
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Ends it when it does not end by itself. */
  kill: () => Promise<void>;
}

/** How long a server may take to end after its standard input was closed, in milliseconds. */
const endDeadline = 2_000;

/** Starts a process in a container and returns its standard streams. */
export async function containerPipe(
  engine: Engine,
  { container, command, environment, kill }: ContainerProcess,
): Promise<Pipe> {
  const exec = await engine.docker.getContainer(container).exec({
    Cmd: [...command],
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const stream = await exec.start({ hijack: true, stdin: true });
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const pipe: Pipe = {
    write: (text) => void stream.write(text),
    onOutput: () => {},
    onLog: () => {},
    onEnd: () => {},
    async close() {
      stream.end();
      const timer = setTimeout(() => void kill().catch(() => {}), endDeadline);
      await ended;
      clearTimeout(timer);
    },
  };
  const [out, err] = [new PassThrough(), new PassThrough()];
  out.on("data", (piece: Buffer) => pipe.onOutput(piece));
  err.on("data", (piece: Buffer) => pipe.onLog(piece));
  engine.docker.modem.demuxStream(stream, out, err);
  const onEnd = async (): Promise<void> => {
    const { ExitCode: code } = await exec.inspect().catch(() => ({ ExitCode: null }));
    pipe.onEnd(code === null ? "its connection ended" : `exit code ${code}`);
    resolve();
  };
  stream.once("end", () => void onEnd());
  stream.on("error", () => {});
  return pipe;
}
