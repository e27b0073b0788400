import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import { jsonOf } from "../../helpers/core/text/json.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";

/** What the last `npm test` found out about one check of the unmodified deployment. */
export interface LastResult {
  passed: boolean;
  /** Milliseconds. */
  duration: number;
}

const report = z.object({
  run: z.object({ startedAt: z.iso.datetime() }),
  deployment: z.object({ digest: z.string() }),
  parts: z.array(z.object({ rig: z.string(), name: z.string(), version: z.string() })),
  requirements: z.array(
    z.object({
      checks: z.array(z.object({ id: z.string(), outcome: z.string(), duration: z.number() })),
    }),
  ),
});

/** Outcomes that another run would repeat. A check that failed, or was not tested, is tried again. */
const settled = new Set(["passed", "known-gap", "not-supported"]);

/** Where the suite's own code is. */
const sources = ["containers", "helpers", "suites", "package-lock.json"];

/**
 * The results of the last run, by id of the check; empty unless it ran this deployment with these versions, and began after
 * the last change of the suite's own files.
 *
 * @param root folder of the suite's sources
 */
export function lastResults(
  deployment: Pick<Deployment, "digest" | "litellm" | "traefik">,
  { reports, versions }: Pick<RunConfig, "reports" | "versions">,
  root = ".",
): ReadonlyMap<string, LastResult> {
  const file = join(reports, "conformance.json");
  const parsed = report.safeParse(existsSync(file) ? jsonOf(readFileSync(file, "utf8")) : undefined);
  if (!parsed.success) return new Map();
  const { run, deployment: ran, parts, requirements } = parsed.data;
  const expected = {
    litellm: versions.litellm ?? deployment.litellm.version,
    traefik: versions.traefik ?? deployment.traefik?.version,
  };
  const isSame = parts.every(
    ({ rig, name, version }) =>
      !["edge", "gateway"].includes(rig) || !(name in expected) || expected[name as "litellm"] === version,
  );
  const changed = Math.max(...sources.map((source) => lastChange(join(root, source))));
  if (!isSame || ran.digest !== deployment.digest || Date.parse(run.startedAt) <= changed) return new Map();
  const checks = requirements.flatMap((one) => one.checks).filter(({ outcome }) => settled.has(outcome));
  return new Map(checks.map(({ id, outcome, duration }) => [id, { passed: outcome === "passed", duration }]));
}

/** Milliseconds since 1970. */
function lastChange(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Math.max(0, ...files.map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs));
}
