import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runFinalChecks } from "./final-checks.ts";

test("the checks that are to be repeated run first, each once, before the final ones", async () => {
  const directory = mkdtempSync(join(tmpdir(), "final-checks-"));
  try {
    const done = await runFinalChecks(
      {
        targets: {
          unmet: () => ["a gateway"],
          unsupported: () => undefined,
          connect: async () => ({ targets: {}, rigs: [], http: [] }),
          environmentTrouble: async () => undefined,
        },
        secrets: new Map(),
        activeGaps: () => [],
        repeats: ["ROUTE-03/look-alike-paths"],
      },
      directory,
    );
    const [first, ...others] = done.map(({ record, file }) => ({ id: record.id, file }));
    expect(first).toEqual({
      id: "ROUTE-03/look-alike-paths",
      file: "suites/routes/access/path-boundaries.spec.ts",
    });
    expect(others.length).toBeGreaterThan(0);
    expect(others.every(({ file }) => file.endsWith(".final.ts"))).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
