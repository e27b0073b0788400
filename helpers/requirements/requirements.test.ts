import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { assertKnown, loadRequirements } from "./requirements.ts";
import { suiteOf } from "./suites.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function suitesWith(yaml: string): string {
  const root = mkdtempSync(join(tmpdir(), "requirements-"));
  folders.push(root);
  mkdirSync(join(root, "routes"));
  writeFileSync(join(root, "routes", "suite.yaml"), "{ family: ROUTE, title: Routes, order: 1 }\n");
  writeFileSync(join(root, "routes", "requirements.yaml"), yaml);
  return root;
}
const entry = (id: string, rest = "level: MUST, statement: S, source: x"): string => `- { id: ${id}, ${rest} }\n`;

test("the catalogue has its requirements in the order of the suites", () => {
  const ids = [...loadRequirements().keys()];
  // The first catalogue had 67: an id that vanishes is noticed, one that is added is welcome.
  expect(ids.length).toBeGreaterThanOrEqual(67);
  expect(ids[0]).toBe("ROUTE-01");
  expect(ids.at(-1)).toMatch(/^KEYS-/);
  expect(loadRequirements().get("PROMPT-08")).toMatchObject({ level: "MUST", whereSupported: true });
});

test.each([
  ["twice", entry("ROUTE-01") + entry("ROUTE-01"), /requirements\.yaml:2: ROUTE-01 is used twice/],
  ["another suite's", entry("CAT-01"), /requirements\.yaml:1: CAT-01 is not an id of this suite/],
  ["malformed", entry("ROUTE-01") + entry("ROUTE-1"), /requirements\.yaml:2: ROUTE-1 is not an id/],
  ["unknown level", entry("ROUTE-01", "level: MAY, statement: S, source: x"), /level is MAY/],
  ["no statement", entry("ROUTE-01", "level: MUST, source: x"), /statement is missing/],
  ["unknown key", entry("ROUTE-01", "level: MUST, statement: S, source: x, why: y"), /unknown key why/],
  ["no list", "id: ROUTE-01\n", /a list of requirements was expected/],
  ["broken YAML", "- { id: [\n", /requirements\.yaml:\d+: /],
])("an entry that is %s is an error with file and line", (_, yaml, message) => {
  expect(() => loadRequirements(suitesWith(yaml))).toThrow(message);
});

test("a check names known ids, at least one", () => {
  expect(() => assertKnown([])).toThrow("at least one");
  expect(() => assertKnown(["ROUTE-99"])).toThrow("no requirements.yaml has ROUTE-99");
  expect(() => assertKnown(["CAT-4"])).toThrow("no requirements.yaml has CAT-4: write 'CAT-04'");
  expect(() => assertKnown(["ROUTE-01", "CAT-22"])).not.toThrow();
  expect(suiteOf("INJ-03").folder).toBe("injected-key");
  expect(() => suiteOf("NONE-01")).toThrow("belongs to no suite");
});
