import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runConfig } from "../../helpers/core/run-config.ts";
import { exampleFile, exampleStatus, stableParts } from "./status-example.ts";

test("what differs from run to run is left out, and everything else is compared", () => {
  const document = (date: string, id: string, count: number, body: string): string =>
    `**By**: run gc-${id} on ${date}, took ${count} s\n- traefik 3.5.3 (sha256:${id})\n- ${count} ping(s)\n- **ROUTE-03** (failed)\n- late: exit code 1, shows "timed out "${body}"". Diagnosis: late.\n`;
  const one = stableParts(document("2026-01-01", "0123456789ab", 1, "a"));
  expect(stableParts(document("2027-02-02", "ba9876543210", 2, "b"))).toBe(one);
  expect(one).toContain("**ROUTE-03** (failed)");
  expect(stableParts(document("2026-01-01", "0123456789ab", 1, "a").replace("failed", "passed"))).not.toBe(one);
  expect(stableParts(document("2026-01-01", "0123456789ab", 1, "a").replace("Diagnosis: late", ""))).not.toBe(one);
});

test("the example is what the suite reports on deployments/as-found; npm run report:example updates it", async () => {
  const output: string[] = [];
  const status = stableParts(await exampleStatus(runConfig(), (text) => output.push(text)));
  const example = stableParts(readFileSync(exampleFile, "utf8"));
  // The document names what failed. Only the run's output says why.
  if (status !== example) process.stderr.write(output.join(""));
  expect(status).toBe(example);
});
