import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseRunConfig } from "../core/run-config.ts";
import { launchRun, messageOf } from "./launch-run.ts";

test("a run has the given configuration, whatever this process has, and its output and exit code come back", async () => {
  const directory = mkdtempSync(join(tmpdir(), "launch-"));
  try {
    process.env.DEPLOYMENT = "deployments/reference";
    const config = {
      ...parseRunConfig({}),
      deployment: join(directory, "nowhere"),
      reports: join(directory, "report"),
    };
    const pieces: string[] = [];
    const pids: number[] = [];
    const run = await launchRun(config, {
      arguments: ["suites/routes"],
      onStart: (pid) => pids.push(pid),
      onOutput: (text) => pieces.push(text),
    });
    expect(run.output).toMatch(/nowhere\S*: .+; .+/);
    expect(run).toMatchObject({ exitCode: 2, folder: config.reports, conformance: undefined });
    expect(pieces.join("")).toBe(run.output);
    expect(pids).toHaveLength(1);
  } finally {
    delete process.env.DEPLOYMENT;
    rmSync(directory, { recursive: true, force: true });
  }
});

test.each([
  [{ failure: { message: "it fails" }, ownFault: null, reason: null }, "it fails"],
  [{ failure: null, ownFault: { message: "it broke" }, reason: null }, "it broke"],
  [{ reason: "needs a gateway" }, "needs a gateway"],
  [{}, ""],
])("the message of %j", (fields, message) => {
  expect(messageOf({ id: "ROUTE-01/one", outcome: "failed", ...fields })).toBe(message);
});
