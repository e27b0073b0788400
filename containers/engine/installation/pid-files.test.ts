import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { isRunning, removeIfStale } from "./pid-files.ts";

const folder = mkdtempSync(join(tmpdir(), "pid-files-"));
const file = { path: join(folder, "docker.pid"), program: "dockerd" };
const program = join(folder, "dockerd");
copyFileSync("/bin/sleep", program);
const started: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(file.path, { force: true });
});

async function start(command: string, args: readonly string[]): Promise<ChildProcessWithoutNullStreams> {
  const child = spawn(command, args);
  started.push(child);
  await once(child, "spawn");
  return child;
}

test("the file of a running engine stays", async () => {
  const { pid } = await start(program, ["60"]);
  writeFileSync(file.path, `${pid}`);
  expect(isRunning(file)).toBe(true);
  removeIfStale(file);
  expect(readdirSync(folder).sort()).toEqual(["docker.pid", "dockerd"]);
  expect(readFileSync(file.path, "utf8")).toBe(`${pid}`);
});

test("a file whose process id belongs to another program is removed", () => {
  writeFileSync(file.path, `${process.pid}\n`);
  expect(isRunning(file)).toBe(false);
  removeIfStale(file);
  expect(readdirSync(folder)).toEqual(["dockerd"]);
});

test("the file of an engine that has exited is removed, even while its process is a zombie", async () => {
  // `exec` replaces the shell by a program that does not wait for its child.
  const parent = await start("/bin/sh", ["-c", `"${program}" 0 & echo $!; exec sleep 60`]);
  const [output] = await once(parent.stdout, "data");
  const pid = String(output).trim();
  await expect.poll(() => readFileSync(`/proc/${pid}/status`, "utf8")).toMatch(/^State:\s+Z/m);
  expect(readFileSync(`/proc/${pid}/comm`, "utf8").trim()).toBe("dockerd");
  writeFileSync(file.path, `${pid}`);
  expect(isRunning(file)).toBe(false);
  removeIfStale(file);
  expect(readdirSync(folder)).toEqual(["dockerd"]);
});

test("a missing file is ignored", () => {
  removeIfStale(file);
  expect(readdirSync(folder)).toEqual(["dockerd"]);
});
