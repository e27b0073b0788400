import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { fileArchive } from "./file-archive.ts";

function listed(archive: Buffer): string[] {
  const text = execFileSync("tar", ["--list", "--verbose", "--numeric-owner", "--file", "-"], { input: archive });
  return text
    .toString()
    .trim()
    .split("\n")
    .map((line) => line.replace(/\s+\d{4}-\d\d-\d\d \d\d:\d\d\s+/, " ").replace(/\s+/g, " "));
}

test("each file has its path, mode, owner and size", () => {
  const long = `/run/${"a-long-directory-name/".repeat(6)}file`;
  const archive = fileArchive([
    { target: "/run/secrets/key", content: "12345", mode: 0o440, uid: 1000, gid: 1001 },
    { target: long, content: Buffer.alloc(512) },
  ]);
  expect(listed(archive)).toEqual(["-r--r----- 1000/1001 5 run/secrets/key", `-rw-r--r-- 0/0 512 ${long.slice(1)}`]);
});

test("paths are relative to the directory into which the archive is unpacked", () => {
  expect(listed(fileArchive([{ target: "/app/config.yaml", content: "" }], "/app"))).toEqual([
    "-rw-r--r-- 0/0 0 config.yaml",
  ]);
});
