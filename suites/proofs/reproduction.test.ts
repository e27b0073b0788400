import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { runBroken, specFiles } from "./broken-deployment.ts";

const execute = promisify(execFile);

/** Faults whose checks send requests, run commands on other machines, run an agent, and try every pair of machines. */
const breaks = [
  // ROUTE-03
  { file: "compose.yaml", find: "Path(`/openapi.json`)", replace: "PathPrefix(`/openapi.json`)" },
  // REACH-01
  { file: "compose.yaml", find: '      - "4000:4000"\n', replace: '      - "4001:4000"\n' },
  // REACH-02
  {
    file: "firewall.nft",
    find: 'iifname "lan0" tcp dport { 80, 4000 } accept',
    replace: 'iifname "lan0" tcp dport { 80, 4000, 9100 } accept',
  },
  // INJ-01
  {
    file: "compose.yaml",
    find: "Authorization: Bearer ${LITELLM_STATUS_KEY}",
    // No form of a secret: that would be a leak as well.
    replace: "Authorization: Bearer nobody",
  },
  // PROMPT-01
  {
    file: "clients/codex/config.toml",
    find: 'url = "http://litellm.linuxserver.lan/mcp/"',
    replace: 'url = "http://litellm.linuxserver.lan/v1/nowhere/"',
  },
];
const failed = ["ROUTE-03", "INJ-01", "INJ-07", "INJ-08", "PROMPT-01", "REACH-01", "REACH-02"];
const files = specFiles(
  ["path-boundaries", "lan-to-gateway", "status-poll", "codex-databases", "who-reaches-whom"],
  failed,
);

test("each failure is captured before its parts are gone, and its script shows it again on a network that is left up", async () => {
  const seen: Record<string, { due: string[]; got: string[] }> = {};
  const run = await runBroken(breaks, files, "deployments/reference", {
    config: { keep: true },
    look: async (reports) => {
      const folder = join(reports, "failures");
      for (const name of readdirSync(folder)) {
        const kept = readdirSync(join(folder, name));
        for (const due of ["deployment", "wire.json", "commands.json", "parts.json"]) expect(kept, name).toContain(due);
        // No part writes a word of who connects to whom.
        if (!name.startsWith("REACH-02")) expect(kept, name).toContain("logs");
        const script = readFileSync(join(folder, name, "repro.sh"), "utf8");
        const { stdout } = await execute("bash", [join(folder, name, "repro.sh")]);
        seen[name] = {
          due: [...script.matchAll(/^# In the run: ((?:exit code )?\d+|\w+)/gm)].map(([, code]) => code ?? ""),
          got: [...stdout.matchAll(/^(?:HTTP\/[\d.]+ )?((?:exit code )?\d+|connected|refused)/gm)].map(
            ([, code]) => code ?? "",
          ),
        };
      }
    },
  });
  const [, removal] = /remove it: (.*)$/m.exec(run.output) ?? [];
  await execute("sh", ["-c", removal ?? "exit 1"]);
  expect(run.failed, run.output).toEqual(failed);
  const ids = new Set(Object.keys(seen).map((name) => name.split("-").slice(0, 2).join("-")));
  expect([...ids].sort()).toEqual([...failed].sort());
  for (const [name, { due, got }] of Object.entries(seen)) {
    expect(due, name).not.toEqual([]);
    expect(got, name).toEqual(expect.arrayContaining(due));
  }
});
