import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadRequirements } from "./requirements.ts";
import { loadSuites, suiteOf } from "./suites.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function suitesWith(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "suites-"));
  folders.push(root);
  for (const [suite, yaml] of Object.entries(files)) {
    mkdirSync(join(root, suite));
    writeFileSync(join(root, suite, "suite.yaml"), yaml);
    writeFileSync(join(root, suite, "requirements.yaml"), "[]\n");
  }
  return root;
}

test("a suite is a folder with suite.yaml; nothing else lists it", () => {
  const root = suitesWith({
    later: "{ family: LATER, title: Later, order: 2, detects: [firewall] }",
    first: "{ family: FIRST, title: First, order: 1 }",
  });
  mkdirSync(join(root, "runner"));
  expect(loadSuites(root)).toMatchObject([
    { folder: "first", family: "FIRST", title: "First", detects: [] },
    { folder: "later", family: "LATER", title: "Later", detects: ["firewall"] },
  ]);
  expect(suiteOf("LATER-03/some-check", root).folder).toBe("later");
  expect(() => suiteOf("OTHER-01", root)).toThrow("OTHER-01 belongs to no suite: ids begin with FIRST, LATER");
  expect(loadRequirements(root).size).toBe(0);
});

test.each([
  [
    "a family in small letters",
    { a: "{ family: a, title: A, order: 1 }" },
    /a\/suite\.yaml: family: .*capital letters/,
  ],
  ["no title", { a: "{ family: A, order: 1 }" }, /a\/suite\.yaml: title/],
  ["an unknown key", { a: "{ family: A, title: A, order: 1, colour: red }" }, /a\/suite\.yaml/],
  [
    "a family that is taken",
    { a: "{ family: A, title: A, order: 1 }", b: "{ family: A, title: B, order: 2 }" },
    /suites a and b both claim the family A/,
  ],
])("a suite with %s is an error that names the file", (_, files, message) => {
  expect(() => loadSuites(suitesWith(files))).toThrow(message);
});
