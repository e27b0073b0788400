/**
 * Runs in a container, as `node -e`: reads commands from standard input and writes their results to standard output, each a line
 * of JSON. It ends with standard input. Must not import anything of the suite.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { createInterface } from "node:readline";

interface Order {
  id: number;
  command: string[];
  environment: Record<string, string>;
  workingDir?: string;
}

const lines = createInterface({ input: process.stdin });
lines.on("close", () => process.exit());
lines.on("line", (line) => {
  const { id, command, environment, workingDir } = JSON.parse(line) as Order;
  const [file = "", ...rest] = command;
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let isOver = false;
  const reply = (exitCode: number): void => {
    if (isOver) return;
    isOver = true;
    const texts = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
    process.stdout.write(`${JSON.stringify({ id, exitCode, ...texts })}\n`);
  };
  const child: ChildProcess = spawn(file, rest, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    ...(workingDir === undefined ? {} : { cwd: workingDir }),
  });
  child.stdout?.on("data", (piece: Buffer) => stdout.push(piece));
  child.stderr?.on("data", (piece: Buffer) => stderr.push(piece));
  // As the engine says it.
  child.once("error", (error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "executable file not found in $PATH" : error.message;
    stderr.push(Buffer.from(`exec: "${file}": ${why}\n`));
    reply(127);
  });
  child.once("close", (code, signal) => reply(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
});
