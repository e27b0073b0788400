import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { contentTag, contextFiles, lockedVersions, type Recipe } from "./recipe.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "image-recipe-"));
  write("part/Dockerfile", "FROM scratch\n");
  write("part/entrypoint.sh", "#!/bin/sh\n");
  write("part/1.0/requirements.txt", "thing==1.0\n");
  write("part/2.0/requirements.txt", "thing==2.0\n");
});

afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function recipe(changes: Partial<Recipe> = {}): Recipe {
  return {
    name: "part",
    version: "1.0",
    folders: ["part", "part/1.0"],
    dockerfile: "part/Dockerfile",
    parents: {},
    packages: "thing 1.0",
    ...changes,
  };
}

function tag(changes: Partial<Recipe> = {}, parents: Record<string, string> = {}, architecture = "amd64"): string {
  return contentTag(recipe(changes), parents, architecture, root);
}

function tagAfter(edit: () => void): string {
  edit();
  return tag();
}

describe("contextFiles", () => {
  it("are the part's files and the version's lock, without other versions' locks", () => {
    expect(contextFiles(recipe(), root).map(({ path, content }) => [path, content.toString()])).toEqual([
      ["Dockerfile", "FROM scratch\n"],
      ["entrypoint.sh", "#!/bin/sh\n"],
      ["requirements.txt", "thing==1.0\n"],
    ]);
  });

  it("exclude tests and installed packages", () => {
    write("part/server.test.ts", "");
    write("part/node_modules/left/index.js", "");
    expect(contextFiles(recipe(), root)).toHaveLength(3);
  });

  it("include the files that come from this machine", () => {
    const files = contextFiles(recipe({ files: { "host-certificates/0.crt": "PEM" } }), root);
    expect(files.map(({ path }) => path)).toContain("host-certificates/0.crt");
  });
});

describe("contentTag", () => {
  it("begins with the version, and is the same for the same content", () => {
    expect(tag()).toMatch(/^1\.0-[0-9a-f]{12}$/);
    expect(tag()).toBe(tag());
  });

  it("does not change with a test or with another version's lock", () => {
    const before = tag();
    write("part/server.test.ts", "it('works')");
    write("part/2.0/requirements.txt", "thing==2.1\n");
    expect(tag()).toBe(before);
  });

  it.each<[string, () => string]>([
    ["a file of the part", () => tagAfter(() => write("part/entrypoint.sh", "#!/bin/bash\n"))],
    ["the lock", () => tagAfter(() => write("part/1.0/requirements.txt", "thing==1.0.1\n"))],
    ["a file's name", () => tagAfter(() => write("part/other.sh", "#!/bin/sh\n"))],
    ["the version", () => tag({ version: "1.0.1" })],
    ["an argument", () => tag({ arguments: { VERSION: "17" } })],
    ["a parent", () => tag({}, { BASE: "base:2" })],
    ["the platform", () => tag({}, {}, "arm64")],
    ["a file that comes from this machine", () => tag({ files: { "host-certificates/0.crt": "PEM" } })],
  ])("changes with %s", (_what, changed) => {
    const before = tag();
    expect(changed()).not.toBe(before);
  });
});

describe("lockedVersions", () => {
  it("are the folders named after a version", () => {
    write("part/patches/one.patch", "");
    expect(lockedVersions("part", root)).toEqual(["1.0", "2.0"]);
  });

  it("are empty when the folder does not exist", () => {
    expect(lockedVersions("nothing", root)).toEqual([]);
  });
});
