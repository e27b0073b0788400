import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Engine } from "../../containers/engine/engine.ts";
import type { FinalCheckRun } from "../../containers/run/session.ts";
import type { TargetProvider } from "../../containers/targets/providers/target-provider.ts";
import { runConfig } from "../../helpers/core/run-config.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { runFinalChecks } from "./final-checks.ts";

const printed: string[] = [];
const progress = new Progress({ write: (text) => printed.push(text) });

test("the checks that are to be repeated run first, each once, before the final ones", async () => {
  const directory = mkdtempSync(join(tmpdir(), "final-checks-"));
  try {
    const done = await runFinalChecks(await finalRun(() => ["a gateway"]), directory, progress);
    const [first, ...others] = done.map(({ record, file }) => ({ id: record.id, file }));
    expect(first).toEqual({
      id: "ROUTE-03/look-alike-paths",
      file: "suites/routes/access/path-boundaries.spec.ts",
    });
    expect(printed.join("")).toMatch(/✓ repeat ROUTE-03\/look-alike-paths alone: the machine was busy/);
    expect(others.length).toBeGreaterThan(0);
    expect(others.every(({ file }) => file.endsWith(".final.ts"))).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a check that takes away what others use comes after those that are repeated", async () => {
  const directory = mkdtempSync(join(tmpdir(), "final-checks-"));
  try {
    const run = await finalRun(() => ["a gateway"]);
    const done = await runFinalChecks(
      { ...run, repeats: [{ check: "AUTH-05/provider-down", why: "alone" }, ...run.repeats] },
      directory,
      progress,
    );
    expect(done.slice(0, 2).map(({ record }) => record.id)).toEqual([
      "ROUTE-03/look-alike-paths",
      "AUTH-05/provider-down",
    ]);
    expect(printed.join("")).toMatch(/✓ run AUTH-05\/provider-down alone \d/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.each([
  { why: "slow-answers", patience: 0, outcomes: ["failed", "failed"] },
  { why: "broken-connection", patience: 0, outcomes: ["failed", "failed"] },
  { why: "rate-limit", patience: 0, outcomes: ["failed", "failed"] },
  { why: "slow-answers", patience: 60_000, outcomes: ["failed", "failed", "failed"] },
] as const)("two failures ($why) that fail alone too confirm the others after $patience ms", async (given) => {
  const directory = mkdtempSync(join(tmpdir(), "final-checks-"));
  try {
    const ids = ["ROUTE-03/look-alike-paths", "ROUTE-01/head-requests", "ROUTE-01/public-paths"] as const;
    const repeats = ids.map((check) => ({ check, why: given.why }));
    const done = await runFinalChecks({ ...(await finalRun(() => [])), repeats }, directory, progress, given.patience);
    const repeated = done.filter(({ record }) => ids.some((id) => id === record.id));
    expect(repeated.map(({ record }) => record.outcome)).toEqual(given.outcomes);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("what the first attempt of a repeated check left is removed when it does not fail alone", async () => {
  const directory = mkdtempSync(join(tmpdir(), "final-checks-"));
  try {
    const folder = join(directory, "failures", "ROUTE-03-look-alike-paths");
    mkdirSync(folder, { recursive: true });
    await runFinalChecks(await finalRun(() => ["a gateway"]), directory, progress);
    expect(existsSync(folder)).toBe(false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a repeated check that fails leaves the same files as any other failure", async () => {
  const directory = mkdtempSync(join(tmpdir(), "final-checks-"));
  try {
    const [repeated] = await runFinalChecks(await finalRun(() => []), directory, progress);
    expect(repeated?.record).toMatchObject({
      outcome: "failed",
      failureFolder: "failures/ROUTE-03-look-alike-paths",
    });
    for (const name of ["failure.txt", "repro.sh"])
      expect(existsSync(join(directory, "failures", "ROUTE-03-look-alike-paths", name)), name).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** A run that repeats one check, whose targets lack everything that the check uses. */
async function finalRun(unmet: TargetProvider["unmet"]): Promise<FinalCheckRun> {
  return {
    targets: {
      unmet,
      unsupported: () => undefined,
      connect: async () => ({ targets: {}, rigs: [], http: [] }),
      environmentTrouble: async () => undefined,
    },
    surroundings: {
      engine: {} as Engine,
      deployment: await loadDeployment("deployments/reference"),
      secrets: new Map(),
      run: "gc-1",
      config: runConfig(),
    },
    activeGaps: () => [],
    repeats: [{ check: "ROUTE-03/look-alike-paths", why: "time-limit" }],
  };
}
