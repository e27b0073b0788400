import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { publishLatest } from "./publish-latest.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "publish-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function run(name: string): string {
  const directory = join(root, ".running", name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "conformance.json"), name);
  return directory;
}
const latest = (): string => readFileSync(join(root, "latest", "conformance.json"), "utf8");

test("a run's directory becomes the latest report, and replaces the one before", async () => {
  const target = join(root, "latest");
  await publishLatest(run("one"), target);
  expect(latest()).toBe("one");
  await publishLatest(run("two"), target);
  expect(latest()).toBe("two");
  expect(readdirSync(join(root, ".running"))).toEqual([]);
});

test("a run without a directory leaves the latest report unchanged", async () => {
  const target = join(root, "latest");
  await publishLatest(run("one"), target);
  await expect(publishLatest(join(root, ".running", "gone"), target)).rejects.toThrow("ENOENT");
  expect(latest()).toBe("one");
});

test("runs that end at the same time leave one whole report and nothing else", async () => {
  const names = Array.from({ length: 8 }, (_, index) => `run-${index}`);
  await Promise.all(names.map((name) => publishLatest(run(name), join(root, "latest"))));
  expect(names).toContain(latest());
  expect(readdirSync(join(root, ".running"))).toEqual([]);
});
