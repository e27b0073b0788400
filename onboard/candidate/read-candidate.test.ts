import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { DeploymentError } from "../../helpers/core/errors.ts";
import { readCandidate } from "./read-candidate.ts";

const folder = mkdtempSync(join(tmpdir(), "candidate-"));
mkdirSync(join(folder, "deployment"));
writeFileSync(join(folder, "deployment", "policy.yaml"), "");
afterAll(() => rmSync(folder, { recursive: true }));

/** The faults of a candidate file, each as `line: what; fix`. */
function faultsOf(text: string): string[] {
  const file = join(folder, "candidate.yaml");
  writeFileSync(file, text);
  try {
    readCandidate(file);
    return [];
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    return error.faults.map(({ line, what, fix }) => `${line ?? ""}: ${what}; ${fix}`);
  }
}

const head = "name: notes\ndeployment: deployment\n";
const server = "server: { package: 'npm:notes@1.0.0' }\n";

test("every candidate file of the repository can be read", () => {
  const candidates = resolve("candidates");
  const files = readdirSync(candidates).filter((name) => name.endsWith(".yaml"));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files)
    expect(`${readCandidate(join(candidates, name)).name}.yaml`).toBe(name.replaceAll("-", "_"));
});

test("what a file leaves out has a default", () => {
  writeFileSync(join(folder, "small.yaml"), head + server);
  const candidate = readCandidate(join(folder, "small.yaml"));
  expect(candidate.server).toMatchObject({
    from: "packages",
    command: "notes",
    isCommandStated: false,
    debian: [],
    args: [],
    listens: undefined,
  });
  expect(candidate.limits).toEqual({ memoryMb: 512, processes: 128, diskMb: 64, seconds: 180, startSeconds: 30 });
  expect(candidate.licences).toContain("MIT");
});

test.each([
  ["a missing server", head, "1: 'server' is missing"],
  ["a mistyped key", `${head}${server}secrts: [A]\n`, "4: unknown"],
  ["a name that LiteLLM refuses", `name: my-notes\ndeployment: deployment\n${server}`, "1: name"],
  ["no deployment there", `name: notes\ndeployment: elsewhere\n${server}`, "2: names a folder without policy.yaml"],
  ["neither package nor image", `${head}server: { command: x }\n`, "3: names neither a package nor an image"],
  ["both", `${head}server: { package: "npm:a@1.0.0", image: "b:1" }\n`, "3: names a package and an image"],
  ["Debian's packages of an image", `${head}server: { image: "b:1", debian: [git] }\n`, "3: is for packages only"],
  ["a package of no registry", `${head}server: { package: notes }\n`, "3: server.package"],
  [
    "a part from nowhere",
    `${head}${server}needs:\n  - name: db\n`,
    "5: db has 0 of debian, postgres, package and image",
  ],
  [
    "an unknown secret",
    `${head}${server}env: { URL: "https://$\{TOKEN}@x" }\n`,
    "4: ${TOKEN} is not a secret of the file",
  ],
  [
    "a command in no part",
    `${head}${server}refused:\n  - { part: db, run: [x], why: y }\n`,
    "5: db is not under needs; add it",
  ],
  ["an item that is none", `${head}${server}conditions:\n  - { item: 32, because: x, until: 2027-01-01 }\n`, "5: cond"],
  ["an empty file", "\n# nothing yet\n", ": is empty; begin with name: and server:"],
  [
    "a port that no host has",
    `${head}${server}hosts: ['a.example.com:99999']\n`,
    "4: hosts[0] is 'a.example.com:99999'",
  ],
  [
    "a name of two parts",
    `${head}${server}needs:\n  - { name: db, postgres: true }\n  - { name: db, debian: [x] }\n`,
    "6: db is under needs a second time",
  ],
  [
    "a day that no month has",
    `${head}${server}conditions:\n  - { item: 3, because: x, until: 2027-02-31 }\n`,
    "5: 2027-02-31 is not a date",
  ],
  [
    "two conditions of an item",
    `${head}${server}conditions:\n  - { item: 3, because: x, until: 2027-01-01 }\n  - { item: 3, because: y, until: 2028-01-01 }\n`,
    "6: item 3 has a second condition",
  ],
  [
    "a limit that is none",
    `${head}${server}limits: { seconds: -1 }\n`,
    "4: limits.seconds is -1, expected a whole number of seconds, at least 1",
  ],
  [
    "a tool that is not expected",
    `${head}${server}tools: { expected: [read], changes_state: [raed] }\n`,
    "4: raed is not in tools.expected; write 'read'",
  ],
])("%s is one line with its fix", (_what, text, start) => {
  const faults = faultsOf(text);
  expect(faults).toHaveLength(1);
  expect(faults[0]?.slice(0, start.length)).toBe(start);
  expect(faults[0]).toMatch(/; \S/);
});

test("a candidate without a deployment is judged alone", () => {
  writeFileSync(join(folder, "alone.yaml"), `name: notes\n${server}`);
  expect(readCandidate(join(folder, "alone.yaml")).deployment).toBeUndefined();
});

test("all faults of a file are shown at once", () => {
  const faults = faultsOf(`${head}server: {}\nrefused:\n  - { part: db, run: [x], why: y }\n`);
  expect(faults).toHaveLength(2);
});
