import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunFiles } from "./run-files.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "run-files-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Files of a check, with what its entry in the report page gets. */
function filesOf(secrets: ReadonlyMap<string, string> = new Map()) {
  const attached: [name: string, length: number][] = [];
  const linked: string[] = [];
  const files = new RunFiles(directory, secrets, {
    attach: async (name, content) => void attached.push([name, content.length]),
    link: async (path) => void linked.push(path),
  });
  return { files, attached, linked };
}

test("a short text is part of the page; a long one, which the file has in full, is linked", async () => {
  const { files, attached, linked } = filesOf();
  await files.keep("evidence/a/short.txt", "short");
  await files.keep("evidence/a/wire.json", "x".repeat(100_000));
  await files.keepPicture("evidence/a/large.png", Buffer.alloc(1_000_000));
  expect(attached).toEqual([["evidence/a/short.txt", 5]]);
  expect(linked).toEqual(["evidence/a/wire.json", "evidence/a/large.png"]);
  expect(files.evidence).toEqual(["evidence/a/short.txt", "evidence/a/wire.json", "evidence/a/large.png"]);
  expect(readFileSync(join(directory, "evidence/a/wire.json"), "utf8")).toHaveLength(100_000);
});

test("of a failure, the page has the script and the end of each log; no secret gets there by its value", async () => {
  const { files, attached } = filesOf(new Map([["MASTER", "sk-1234567890"]]));
  const log = `${"a line\n".repeat(5_000)}the last line`;
  await files.keepFailure(
    "failures/a",
    new Map([
      ["repro.sh", "curl -H 'Authorization: Bearer sk-1234567890'"],
      ["logs/gateway/litellm.log", log],
      ["wire.json", "[]"],
    ]),
  );
  expect(attached.map(([name]) => name)).toEqual(["repro.sh", "logs/gateway/litellm.log"]);
  expect(attached[1]?.[1]).toBeLessThan(4_000);
  expect(readFileSync(join(directory, "failures/a/logs/gateway/litellm.log"), "utf8")).toBe(log);
  expect(readFileSync(join(directory, "failures/a/repro.sh"), "utf8")).toContain("‹MASTER›");
});

test("a file that cannot be written is named, and does not count as evidence", async () => {
  const { files } = filesOf();
  await files.keep("evidence/a", "a file where a folder is due");
  await files.keep("evidence/a/b.txt", "text");
  expect(files.lost).toContain("evidence/a/b.txt: ");
  expect(files.evidence).toEqual(["evidence/a"]);
  expect(existsSync(join(directory, "evidence/a/b.txt"))).toBe(false);
});
