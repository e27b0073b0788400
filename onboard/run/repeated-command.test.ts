import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { newEnd, RepeatedCommand, shellLoop } from "./repeated-command.ts";

/** The loop in a shell of this machine. */
function repeated(script: string): { command: RepeatedCommand; end: () => void } {
  const end = newEnd();
  const [program = "", ...args] = shellLoop(["sh", "-c", script], end, 10_000);
  const child = spawn(program, args);
  const command = new RepeatedCommand({ input: child.stdin, output: child.stdout, errors: child.stderr }, end);
  return { command, end: () => void child.kill("SIGKILL") };
}

test("one shell runs the command each time, with its output, errors and exit code", async () => {
  const { command, end } = repeated("echo one; printf two; echo wrong >&2; cat; exit 3");
  const outcome = { exitCode: 3, stdout: "one\ntwo", stderr: "wrong\n" };
  for (let run = 0; run < 3; run++) expect(await command.run()).toEqual(outcome);
  end();
});

test("a shell that has ended runs nothing, and does not wait", async () => {
  const { command, end } = repeated("exec sleep 60");
  const first = command.run();
  end();
  expect(await first).toBeUndefined();
  expect(await command.run()).toBeUndefined();
});
