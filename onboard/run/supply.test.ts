import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { inventoryArguments, licenceOf } from "./supply.ts";

const root = mkdtempSync(join(tmpdir(), "inventory-"));
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function inventory(name: string, ecosystem: "npm" | "pypi"): Record<string, unknown> {
  const { stdout, stderr } = spawnSync(process.execPath, inventoryArguments(root, name, ecosystem), {
    encoding: "utf8",
  });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

const mit = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this";

test("a package of PyPI: its packages, the licence's file, its addresses and the variables that its own code reads", () => {
  const site = "opt/service/lib/python3.13/site-packages";
  const info = `${site}/notes_mcp-1.6.2.dist-info`;
  write(
    `${info}/METADATA`,
    "Metadata-Version: 2.4\nName: notes_mcp\nVersion: 1.6.2\nLicense-File: LICENSE\nProject-URL: Source, https://github.com/example/notes\n\nSee https://github.com/other/thing\n",
  );
  write(`${info}/RECORD`, "notes_mcp/server.py,sha256=abc,10\nnotes_mcp/__pycache__/server.pyc,sha256=z,1\n");
  write(`${info}/WHEEL`, "Wheel-Version: 1.0\nTag: py3-none-any\n");
  write(`${info}/licenses/LICENSE`, mit);
  write(`${site}/notes_mcp/server.py`, 'import os\nA = os.environ.get("NOTES_URL")\nB = os.getenv("NOTES_KEY", "")\n');
  write(`${site}/other-2.0.dist-info/METADATA`, "Name: Other.Thing\nVersion: 2.0\n\n");
  write(`${site}/other/server.py`, 'import os\nos.environ["NOT_ITS_OWN"]\n');
  const found = inventory("notes-mcp,other_thing[extra]", "pypi");
  expect(found).toMatchObject({
    version: "1.6.2",
    variables: ["NOTES_KEY", "NOTES_URL"],
    packages: [
      { name: "notes-mcp", version: "1.6.2" },
      { name: "other-thing", version: "2.0" },
    ],
    addresses: [
      { url: "https://github.com/example/notes", from: "Source" },
      { url: "https://github.com/other/thing", from: "its readme only" },
    ],
    archives: [
      { name: "notes-mcp", version: "1.6.2", tags: ["py3-none-any"] },
      { name: "other-thing", version: "2.0", record: [""] },
    ],
  });
  expect(licenceOf({ licence: found.licence, licenceText: String(found.licenceText) })).toBe("MIT");
});

test("a package of npm: the registry's digests and deprecations", () => {
  const modules = "usr/local/lib/node_modules";
  const packages = {
    "node_modules/@example/notes": { version: "1.0.0", integrity: "sha512-a" },
    "node_modules/old": { version: "0.1.0", integrity: "sha512-b", deprecated: "use new" },
  };
  write(`${modules}/.package-lock.json`, JSON.stringify({ packages }));
  write(
    `${modules}/@example/notes/package.json`,
    JSON.stringify({
      version: "1.0.0",
      license: "ISC",
      repository: { url: "git+https://github.com/example/notes.git" },
    }),
  );
  write(`${modules}/@example/notes/dist/index.js`, 'const a = process.env.NOTES_URL ?? process.env["NOTES_KEY"];\n');
  write(`${modules}/@example/notes/node_modules/x/index.js`, "process.env.NOT_ITS_OWN\n");
  expect(inventory("@example/notes", "npm")).toMatchObject({
    version: "1.0.0",
    licence: "ISC",
    variables: ["NOTES_KEY", "NOTES_URL"],
    packages: [
      { name: "@example/notes", version: "1.0.0", digest: "sha512-a" },
      { name: "old", deprecated: "use new" },
    ],
    addresses: [{ url: "git+https://github.com/example/notes.git", from: "repository" }],
    archives: [{ name: "@example/notes", version: "1.0.0", integrity: "sha512-a" }],
  });
});

test.each([
  ["MIT License", "", "MIT"],
  ["Apache License 2.0", "", "Apache-2.0"],
  ["", "GNU AFFERO GENERAL PUBLIC LICENSE\nVersion 3", "AGPL-3.0"],
  ["", "All rights reserved", undefined],
  ["SEE LICENSE IN LICENSE", "Apache License\nVersion 2.0", "Apache-2.0"],
  ["SEE LICENSE IN LICENSE", "", undefined],
  ["SEE LICENSE IN LICENSE", "All rights reserved", "SEE LICENSE IN LICENSE"],
])("licence %j, text %j is %s", (licence, licenceText, id) => {
  expect(licenceOf({ licence, licenceText })).toBe(id);
});
