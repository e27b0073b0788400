import { loadRequirements, type RequirementId } from "../../helpers/requirements/requirements.ts";
import { suiteOf } from "../../helpers/requirements/suites.ts";
import type { RunRecord } from "../../helpers/run/run-record.ts";
import { type ConformanceReport, conformanceReport } from "./conformance-json.ts";
import { type CheckResult, type Outcome, requirementResults, type Verdict } from "./outcomes.ts";

/** A run record with nothing wrong. */
export const soundRecord: RunRecord = {
  id: "gc-test",
  startedAt: "2026-01-01T00:00:00.000Z",
  suiteVersion: "0.0.0",
  arguments: [],
  deployment: {
    folder: "deployments/reference",
    digest: `sha256:${"0".repeat(64)}`,
    hosts: [{ name: "gateway.lan", url: "http://gateway.lan", zone: "internal" }],
    config: "litellm/config.yaml",
    upstreams: [{ name: "postgres", transport: "stdio", source: "postgres-mcp", version: "0.3.0" }],
    secrets: { file: "litellm.env", names: ["LITELLM_MASTER_KEY"] },
    clients: [{ name: "codex", kind: "codex", config: "codex/config.toml", addresses: ["http://gateway.lan/mcp/"] }],
  },
  engine: { version: "20.10.24", apiVersion: "1.41" },
  parts: [],
  changes: [],
  phases: [],
  environmentFailures: [],
  interruptedAt: undefined,
};

/** A check that came to an outcome. */
export function checkOf(id: string, outcome: Outcome, rest: Partial<CheckResult> = {}): CheckResult {
  return {
    name: "holds",
    file: "suites/routes/some.spec.ts",
    requirements: [id],
    outcome,
    duration: 1,
    endedAt: 0,
    rigs: [],
    evidence: [],
    findings: [],
    message: undefined,
    errorName: undefined,
    ...rest,
  };
}

/** What a report can be like, beside its outcomes. */
export interface ReportFixture {
  id?: string;
  finishedAt?: string;
  folder?: string;
  /** One hexadecimal digit. */
  digest?: string;
  engine?: string;
  /** Name to version. */
  parts?: Readonly<Record<string, string>>;
  result?: Verdict;
}

/** A report in which the named requirements came to these outcomes, and no other was tried. */
export function reportOf(outcomes: Readonly<Record<string, Outcome>>, fixture: ReportFixture = {}): ConformanceReport {
  const { id = "gc-test", finishedAt = "2026-01-01T00:01:00.000Z", digest = "0", engine = "20.10.24" } = fixture;
  const checks = Object.entries(outcomes).flatMap(([requirement, outcome]) =>
    outcome === "not-tested" ? [] : [checkOf(requirement as RequirementId, outcome)],
  );
  const parts = Object.entries(fixture.parts ?? {}).map(([name, version]) => ({
    name,
    rig: "gateway",
    version,
    image: "i",
    digest: `sha256:${"0".repeat(64)}`,
    origin: "built" as const,
    source: "s",
    containerId: "c",
  }));
  const deployment = {
    ...soundRecord.deployment,
    folder: fixture.folder ?? "deployments/reference",
    digest: `sha256:${digest.repeat(64)}`,
  };
  const run = { ...soundRecord, id, deployment, engine: { version: engine, apiVersion: "1.41" }, parts };
  const failed = Object.values(outcomes).includes("failed");
  return conformanceReport(
    {
      run,
      finishedAt,
      verdict: fixture.result ?? (failed ? "not-conformant" : "conformant"),
      incomplete: undefined,
      environmentFailures: [],
      faults: [],
      staleGaps: [],
      requirements: requirementResults(loadRequirements(), checks),
    },
    (id) => suiteOf(id).folder,
  );
}
