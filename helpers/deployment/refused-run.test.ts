import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "vitest";
import { patchedCopy } from "./source/patched-copy.ts";

/** A deployment that an operator may have, and the lines that the run prints. */
interface Refused {
  name: string;
  spoil(folder: string): void;
  /** Paths relative to the folder. */
  lines: RegExp[];
}

const replace = (file: string, content: string) => (folder: string) => {
  rmSync(join(folder, file));
  writeFileSync(join(folder, file), content);
};

/** Each line contains the one before it nine times: expanded, 9 to the power of 9 texts. */
const bomb = [
  'a: &a ["x"]',
  ..."bcdefghij"
    .split("")
    .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[index]}`).join(", ")}]`),
].join("\n");

const refused: Refused[] = [
  {
    name: "a section with a typo",
    spoil: (folder) => {
      execFileSync("sed", ["-i", "s/^hosts:/host:/", join(folder, "policy.yaml")]);
    },
    lines: [/^policy\.yaml:\d+: unknown key 'host'; write 'hosts'$/],
  },
  {
    name: "a link to itself",
    spoil: (folder) => {
      rmSync(join(folder, "policy.yaml"));
      symlinkSync("policy.yaml", join(folder, "policy.yaml"));
    },
    lines: [/^policy\.yaml: can't be read \(ELOOP\); make it readable/],
  },
  {
    name: "a broken link",
    spoil: (folder) => {
      rmSync(join(folder, "compose.yaml"));
      symlinkSync("gone.yaml", join(folder, "compose.yaml"));
    },
    lines: [/^compose\.yaml: is missing; /],
  },
  {
    name: "a pipe without a writer",
    spoil: (folder) => {
      rmSync(join(folder, "policy.yaml"));
      execFileSync("mkfifo", [join(folder, "policy.yaml")]);
    },
    lines: [/^policy\.yaml: is not a regular file; /],
  },
  {
    name: "anchors that expand without bound",
    spoil: replace("compose.yaml", `${bomb}\n`),
    lines: [/^compose\.yaml:\d+: .*\*?(anchor|alias)/],
  },
  {
    name: "a known gap that has expired",
    spoil: (folder) =>
      writeFileSync(
        join(folder, "known-gaps.yaml"),
        '- { requirement: CAT-04, part: litellm, versions: "<2", reason: r, link: "https://example.org", until: 2020-01-01 }\n',
      ),
    lines: [/^known-gaps\.yaml:1: the gap of CAT-04 was accepted until 2020-01-01, which is past; /],
  },
];

/** Runs the suite without an engine and returns what an operator would see. */
async function run(deployment: string): Promise<{ exitCode: number | null; lines: string[]; left: string[] }> {
  const reports = mkdtempSync(join(tmpdir(), "refused-"));
  chmodSync(reports, 0o777);
  try {
    const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, VITEST_MODE: ____, ...clean } = process.env;
    const environment = { DEPLOYMENT: deployment, DOCKER_HOST: "unix:///nowhere", REPORTS: join(reports, "latest") };
    const child = spawn(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), "run"], {
      env: { ...clean, ...environment, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (output += piece));
    const exitCode = await new Promise<number | null>((done) => child.once("close", done));
    const lines = output
      .replaceAll(`${deployment}/`, "")
      .split("\n")
      .filter((line) => line !== "");
    const running = join(reports, ".running");
    return { exitCode, lines, left: existsSync(running) ? readdirSync(running) : [] };
  } finally {
    rmSync(reports, { recursive: true });
  }
}

test.concurrent.for(refused)(
  "$name: the faults' lines, exit code 2, no engine, nothing left behind",
  async ({ spoil, lines }, { expect }) => {
    using copy = patchedCopy(resolve("deployments/reference"), []);
    spoil(copy.folder);
    const { exitCode, lines: printed, left } = await run(copy.folder);
    for (const line of lines) expect(printed).toContainEqual(expect.stringMatching(line));
    for (const line of printed) expect(line).toMatch(/^[\w./-]+(:\d+)?: .*; .*/);
    expect({ exitCode, left }).toEqual({ exitCode: 2, left: [] });
  },
);
