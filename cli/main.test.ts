import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

function run(args: readonly string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, NO_COLOR: "1", ...environment };
  return spawnSync(process.execPath, ["cli/main.ts", ...args], { encoding: "utf8", env });
}

const commands = [
  "init",
  "onboard",
  "mutate",
  "soak",
  "bench",
  "report:diff",
  "report:publish",
  "report:example",
  "docs",
  "lan-check",
  "auth-check",
];

test("every npm script calls the command of its name", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const called = Object.fromEntries(Object.entries(scripts).filter(([, script]) => script.startsWith("node ")));
  expect(called).toEqual(Object.fromEntries(commands.map((name) => [name, `node cli/main.ts ${name}`])));
});

test.each(commands)("%s --help shows how it is called, on standard output", (command) => {
  const { status, stdout, stderr } = run([command, "--help"]);
  expect(stdout).toMatch(new RegExp(`npm run ${command} -- `));
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

test.each<[string[], RegExp]>([
  [["unknown"], /^error: unknown command 'unknown'/],
  [
    ["mutate", "--sample", "few"],
    /^error: option '--sample <n>' argument 'few' is invalid\. It must be a whole number/,
  ],
  [
    ["mutate", "--stage", "lan"],
    /^error: option '--stage <stage>' argument 'lan' is invalid\. Allowed choices are edge, gateway/,
  ],
  [["mutate", "--requirement", "ROUTE-99"], /^error: option '--requirement <id>' argument 'ROUTE-99' is invalid/],
  [["mutate", "--at-least", "all"], /^error: option '--at-least <n>' argument 'all' is invalid/],
  [["mutate", "--all", "--incremental"], /^error: --all and --incremental exclude each other/],
  [
    ["mutate", "--requirement", "ROUTE-01", "--incremental"],
    /^error: --requirement and --incremental exclude each other/,
  ],
  [
    ["mutate", "--list", "--only", "nothing-like-it"],
    /^error: --only: no mutant has nothing-like-it in its kind or name/,
  ],
  [["soak"], /^error: missing required argument 'runs'/],
  [
    ["soak", "1"],
    /^error: command-argument value '1' is invalid for argument 'runs'\. It must be a whole number of at least 2/,
  ],
  [["report:diff", "one.json"], /^error: missing required argument 'new'/],
  [["report:publish", "site", "--keep", "0"], /^error: option '--keep <n>' argument '0' is invalid/],
  [["init"], /^error: missing required argument 'dir'/],
  [["init", "deployments/reference"], /^error: deployments\/reference\/policy\.yaml exists; --force overwrites it/],
  [["lan-check"], /^--host is missing/],
  [["auth-check", "gateway.example.org"], /argument 'url'\. It must be an http or https address, e\.g\. https:/],
])("%j is wrong usage: one line and exit code 2", (args, line) => {
  const { status, stderr } = run(args);
  expect(stderr).toMatch(line);
  expect(status, stderr).toBe(2);
});

test("a variable with a value that is not allowed is one line and exit code 2", () => {
  const { status, stderr } = run(["bench"], { IMAGES: "never" });
  expect(stderr).toBe("error: IMAGES=never is unknown; set it to auto, pull or build\n");
  expect(status).toBe(2);
});

test("a deployment that is invalid is one line for each fault and exit code 2", () => {
  const { status, stderr } = run(["mutate", "--list"], { DEPLOYMENT: "deployments/nowhere" });
  expect(stderr).toMatch(/^deployments\/nowhere\S*: .+; .+\n$/);
  expect(status).toBe(2);
});
