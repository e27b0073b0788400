import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ComposeService } from "../../helpers/deployment/types.ts";
import { lastResults } from "./last-run.ts";

let root: string;
const began = "2026-11-27T12:00:00.000Z";
const deployment = { digest: "sha256:1", litellm: { version: "1.77.1" } as ComposeService, traefik: undefined };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "last-run-"));
  for (const folder of ["containers", "helpers", "suites/routes", "reports"])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "package-lock.json"), "{}");
  writeFileSync(join(root, "suites/routes/one.spec.ts"), "");
  touch("suites/routes/one.spec.ts", "2026-11-27T11:00:00Z");
  touch("package-lock.json", "2026-11-27T11:00:00Z");
  write({});
});

afterEach(() => rmSync(root, { recursive: true }));

function touch(file: string, at: string): void {
  utimesSync(join(root, file), new Date(at), new Date(at));
}

function write(changed: object): void {
  const report = {
    run: { startedAt: began },
    deployment: { digest: "sha256:1" },
    parts: [
      { rig: "gateway", name: "litellm", version: "1.77.1" },
      { rig: "upstreams", name: "postgres", version: "17" },
    ],
    requirements: [
      {
        checks: [
          { id: "ROUTE-01/passes", outcome: "passed", duration: 7 },
          { id: "ROUTE-01/gap", outcome: "known-gap", duration: 8 },
          { id: "ROUTE-01/fails", outcome: "failed", duration: 9 },
          { id: "ROUTE-01/not-tried", outcome: "not-tested", duration: 0 },
        ],
      },
    ],
    ...changed,
  };
  writeFileSync(join(root, "reports/conformance.json"), JSON.stringify(report));
}

function results(versions: { litellm?: string } = {}): unknown[] {
  return [...lastResults(deployment, { reports: join(root, "reports"), versions }, root)];
}

test("what the last run of the same deployment settled is known", () => {
  expect(results()).toEqual([
    ["ROUTE-01/passes", { passed: true, duration: 7 }],
    ["ROUTE-01/gap", { passed: false, duration: 8 }],
  ]);
});

test.for([
  ["no report", () => rmSync(join(root, "reports/conformance.json"))],
  ["a report that is cut short", () => writeFileSync(join(root, "reports/conformance.json"), '{"run":')],
  ["another deployment", () => write({ deployment: { digest: "sha256:2" } })],
  ["another LiteLLM", () => write({ parts: [{ rig: "gateway", name: "litellm", version: "1.106.2" }] })],
  ["another Traefik", () => write({ parts: [{ rig: "edge", name: "traefik", version: "3.6.0" }] })],
  ["a check that was changed since", () => touch("suites/routes/one.spec.ts", "2026-11-27T12:30:00Z")],
  ["another package since", () => touch("package-lock.json", "2026-11-27T12:30:00Z")],
] as const)("nothing is known after %s", ([, change]) => {
  change();
  expect(results()).toEqual([]);
});

test("nothing is known of the version that is to be tried", () => {
  expect(results({ litellm: "1.106.2" })).toEqual([]);
});
