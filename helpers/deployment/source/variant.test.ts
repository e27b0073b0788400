import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { DeploymentError } from "../../core/errors.ts";
import { readVariant } from "./variant.ts";

const folder = mkdtempSync(join(tmpdir(), "variant-"));
afterAll(() => rmSync(folder, { recursive: true }));

const base = `base: ${resolve("deployments/reference")}\n`;

function faultsOf(text: string): readonly string[] {
  const file = join(folder, "variant.yaml");
  writeFileSync(file, text);
  try {
    readVariant(file);
    return [];
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    return error.faults.map(({ line, what }) => `${line}: ${what}`);
  }
}

test.for([
  ["title: t\npatches: []\n", ["2: patches is a list, expected a list with at least one patch"]],
  ["title: t\nstages: edge\npatches: [{ file: compose.yaml, write: '' }]\n", ["2: unknown key 'stages'"]],
  [
    `title: t\n${base}patches:\n  - { file: compose.yaml, find: nothing like this, replace: '' }\n`,
    ["4: 'find' is not in compose.yaml"],
  ],
  [
    `title: t\n${base}patches:\n  - { file: composed.yaml, find: a, replace: '' }\n`,
    [`4: composed.yaml is not in ${resolve("deployments/reference")}`],
  ],
  [
    `title: t\n${base}patches:\n  - { file: compose.yaml, find: services }\n`,
    ["4: a patch has other keys than 'find' and 'replace', or 'write'"],
  ],
  [`title: t\n${base}stage: gateway\npatches:\n  - { file: a, write: '' }\n`, ["1: 'specs' is missing"]],
] as const)("a fault has its line: %s", ([text, faults]) => {
  expect(faultsOf(text)).toEqual(faults);
});
