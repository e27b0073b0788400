import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { failureText } from "../../helpers/checks/check-failure.ts";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import type { CheckOutcome, FailureRecord, RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "./check-result.ts";
import { conformanceReport, type ReportInput } from "./conformance-json.ts";
import type { ConformanceReport } from "./conformance-report.ts";
import { type RunVerdict, requirementResults } from "./outcomes.ts";

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
    notes: [],
  },
  engine: { version: "20.10.24", apiVersion: "1.41" },
  parts: [],
  changes: [],
  phases: [],
  environmentFailures: [],
  interruptedAt: undefined,
};

/** A failure as a check's record has it. */
export function failureOf(details: FailureDetails): FailureRecord {
  return { ...details, message: failureText(details) };
}

/**
 * A check that ended with an outcome. One that failed or is a known gap has a failure.
 *
 * @param requirement that it proves
 */
export function checkOf(requirement: string, outcome: CheckOutcome, rest: Partial<CheckResult> = {}): CheckResult {
  const gap = {
    reason: "a defect of this version",
    link: "https://example.org/1",
    until: "2999-12-31",
    part: "litellm",
    versions: "<2",
  };
  return {
    id: `${requirement}/holds`,
    title: "it holds",
    file: "suites/routes/some.spec.ts",
    requirements: [requirement],
    needs: ["edge"],
    outcome,
    duration: 1,
    endedAt: 0,
    rigs: [],
    evidence: [],
    findings: [],
    ...(outcome === "failed" || outcome === "known-gap"
      ? { failure: failureOf({ summary: "it does not hold", expected: "it holds", actual: "it does not" }) }
      : {}),
    ...(outcome === "known-gap" ? { gap, reason: gap.reason } : {}),
    ...(outcome === "not-supported" ? { reason: "this version lacks it" } : {}),
    ...rest,
  };
}

/** A report of these checks, of a run with nothing else wrong. */
export function reportOfChecks(checks: readonly CheckResult[], change: Partial<ReportInput> = {}): ConformanceReport {
  return conformanceReport({
    run: soundRecord,
    finishedAt: "2026-01-01T00:01:00.000Z",
    verdict: checks.some(({ outcome }) => outcome === "failed") ? "not-conformant" : "conformant",
    incomplete: undefined,
    environmentFailures: [],
    faults: [],
    staleGaps: [],
    requirements: requirementResults(loadRequirements(), checks),
    ...change,
  });
}

/** What can differ between reports, in addition to their outcomes. */
export interface ReportFixture {
  id?: string;
  finishedAt?: string;
  folder?: string;
  /** One hexadecimal digit. */
  digest?: string;
  engine?: string;
  /** Name to version. */
  parts?: Readonly<Record<string, string>>;
  result?: RunVerdict;
}

/** A report in which the named requirements have these outcomes, and no other was tested. */
export function reportOf(
  outcomes: Readonly<Record<string, CheckOutcome>>,
  fixture: ReportFixture = {},
): ConformanceReport {
  const { id = "gc-test", digest = "0", engine = "20.10.24" } = fixture;
  const checks = Object.entries(outcomes).flatMap(([requirement, outcome]) =>
    outcome === "not-tested" ? [] : [checkOf(requirement, outcome)],
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
  return reportOfChecks(checks, {
    run: { ...soundRecord, id, deployment, engine: { version: engine, apiVersion: "1.41" }, parts },
    ...(fixture.finishedAt === undefined ? {} : { finishedAt: fixture.finishedAt }),
    ...(fixture.result === undefined ? {} : { verdict: fixture.result }),
  });
}
