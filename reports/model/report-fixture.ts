import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { failureText } from "../../helpers/checks/check-failure.ts";
import { comparisonSubjects } from "../../helpers/checks/comparison.ts";
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

/** Long, as an operator's names and LiteLLM's messages are. */
const long = "litellm-mcp-gateway-of-the-whole-company.internal.ai-servicers.example.com";

/** A report with something of everything that a page can show. */
export function richReport(kind: "conformant" | "not-conformant", minute: number): ConformanceReport {
  const cells = ["no credential", "Bearer key", "another credential"].flatMap((credential, index) =>
    [long, "gateway.lan"].map((host) => ({
      row: `ROUTE-0${index + 1}: what only looks like a public path, and what is one, at every host of the deployment`,
      column: `${host}, ${credential}`,
      expected: [index === 1 ? "let through" : "refused"],
      found: [kind === "conformant" ? "401 from Traefik" : "200 from LiteLLM, which nobody expected"],
      cases: 40,
      failed: kind === "conformant" ? 0 : index,
    })),
  );
  const comparisons = comparisonSubjects.map((subject) => ({ subject, cells }));
  const failure = failureOf({
    summary: `GET https://${long}/uix?${"x".repeat(200)} reaches LiteLLM`,
    expected: "a refusal from Traefik",
    actual: "200 from LiteLLM\n<b>with lines</b>",
    cause: `the rule of router ${long}@docker matches the request`,
    location: { file: `deployments/${long}/traefik/compose.yaml`, line: 94 },
    fix: "write `Path()` instead of `PathPrefix()`",
    evidence: { sent: `GET /${"y".repeat(300)}`, received: "200\nok" },
  });
  const startedAt = soundRecord.startedAt;
  const endedAt = Date.parse(startedAt) + 40_000;
  const knownDefect = { part: "litellm", versions: ">=1.77.0 <1.78.0", reason: long, link: "https://example.org/2" };
  const failures =
    kind === "conformant"
      ? []
      : [
          checkOf("INJ-03", "failed", { failure, failureFolder: "failures/INJ-03-holds" }),
          checkOf("CAT-03", "failed", { failure, knownDefect }),
        ];
  const notes = (["finding", "change", "not-proved"] as const).map((one) => ({
    kind: one,
    file: `deployments/${long}/compose.yaml`,
    line: 7,
    what: `\`${long}\` is unknown`,
    why: "LiteLLM ignores it",
    fix: "remove it",
  }));
  const phases = ["build image litellm 1.77.1", "start the gateway rig"].map((name) => ({
    name,
    startedAt,
    milliseconds: 20_000,
    ok: true,
  }));
  return reportOfChecks(
    [
      checkOf("ROUTE-01", "passed", {
        comparisons,
        endedAt,
        duration: 9_000,
        findings: [`${long} answered. `.repeat(9)],
      }),
      checkOf("CAT-02", "known-gap"),
      checkOf("CAT-17", "not-supported"),
      ...failures,
    ],
    {
      run: {
        ...soundRecord,
        id: `gc-${minute}`,
        deployment: { ...soundRecord.deployment, notes },
        phases,
        changes: [
          { where: `compose.yaml:${long}`, what: "ports: published on 127.0.0.1", why: "runs must not collide" },
        ],
      },
      finishedAt: `2026-01-01T00:${String(minute + 1).padStart(2, "0")}:00.000Z`,
      incomplete: kind === "conformant" ? undefined : "2 of 72 spec files were run",
    },
  );
}
