import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { exampleFile, exampleStatus, whatDoesNotVary } from "./status-example.ts";

test("what does not vary from run to run is told apart from what does", () => {
  const document = (date: string, id: string, count: number, body: string): string =>
    `**Updated**: ${date}\n**By**: run gc-${id}\n- traefik 3.5.3 (sha256:${id})\n- ${count} ping(s)\n- **ROUTE-03** (failed)\n\n  \`\`\`\n  ${body}\n  \`\`\`\n- late: exit code 1, shows "timed out "${body}"". Diagnosis: late.\n`;
  const one = whatDoesNotVary(document("2026-01-01", "0123456789ab", 1, "a"));
  expect(whatDoesNotVary(document("2027-02-02", "ba9876543210", 2, "b"))).toBe(one);
  expect(one).toContain("**ROUTE-03** (failed)");
  expect(whatDoesNotVary(document("2026-01-01", "0123456789ab", 1, "a").replace("failed", "passed"))).not.toBe(one);
  expect(whatDoesNotVary(document("2026-01-01", "0123456789ab", 1, "a").replace("Diagnosis: late", ""))).not.toBe(one);
});

test("the example is what the suite says of deployments/as-found today; npm run report:example writes it anew", async () => {
  expect(whatDoesNotVary(await exampleStatus())).toBe(whatDoesNotVary(readFileSync(exampleFile, "utf8")));
});
