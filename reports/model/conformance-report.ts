import type { Comparison } from "../../helpers/checks/comparison.ts";
import type { Harm } from "../../helpers/requirements/requirements.ts";
import type { AcceptedGap, CheckOutcome, RunRecord } from "../../helpers/run/run-record.ts";
import type { KnownDefect } from "./check-result.ts";
import type { RunVerdict } from "./outcomes.ts";

/** The report for machines, as `conformance.schema.json` describes it. */
export interface ConformanceReport {
  schemaVersion: number;
  suiteVersion: string;
  run: { id: string; startedAt: string; finishedAt: string; arguments: readonly string[] };
  deployment: RunRecord["deployment"];
  engine: { version: string; apiVersion: string };
  result: RunVerdict;
  incomplete: string | null;
  faults: readonly string[];
  staleGaps: readonly ReportedStaleGap[];
  /** The verdict in one line. */
  summary: string;
  /** Of the requirements. */
  counts: Record<CheckOutcome, number>;
  /** Of the checks. */
  checkCounts: Record<CheckOutcome, number>;
  /** Of the requirements of one suite and level. */
  results: readonly ({ suite: string; level: "MUST" | "SHOULD" } & Record<CheckOutcome, number>)[];
  requirements: readonly ReportedRequirement[];
  parts: RunRecord["parts"];
  changes: RunRecord["changes"];
  phases: RunRecord["phases"];
  environmentFailures: readonly { part: string | null; message: string; log: readonly string[] }[];
}

/** A requirement as the report has it. */
export interface ReportedRequirement {
  id: string;
  /** Folder of its suite. */
  suite: string;
  /** `MUST`, `SHOULD`, or one of them `where supported`. */
  level: string;
  /** What it costs an operator when it does not hold. */
  harm: Harm;
  statement: string;
  source: string;
  outcome: CheckOutcome;
  checks: readonly ReportedCheck[];
}

/** A check as the report has it. */
export interface ReportedCheck {
  id: string;
  title: string;
  file: string;
  outcome: CheckOutcome;
  /** ISO 8601; null for a check that did not run. */
  endedAt: string | null;
  /** Milliseconds. */
  duration: number;
  requirements: readonly string[];
  needs: readonly string[];
  reason: string | null;
  /** With a message for people. */
  failure: (ReportedFailure & { message: string }) | null;
  gap: AcceptedGap | null;
  knownDefect: KnownDefect | null;
  ownFault: { name: string; message: string } | null;
  evidence: readonly string[];
  failureFolder: string | null;
  findings: readonly string[];
  comparisons: readonly Comparison[];
}

/** A failure, or one of its cases, as the report has it. */
export interface ReportedFailure {
  summary: string;
  code: string | null;
  case: string | null;
  expected: string | null;
  actual: string | null;
  cause: string | null;
  location: ReportedLocation | null;
  fix: string | null;
  /** Id of the check whose failure is the cause, where that one failed too. */
  follows: string | null;
  sent: string | null;
  received: string | null;
  cases: readonly ReportedFailure[];
}

/** A line of the deployment or the policy. */
export interface ReportedLocation {
  /** As an operator would type it. */
  file: string;
  line: number;
}

/** A known gap that no longer fails, as the report has it. */
export interface ReportedStaleGap {
  requirement: string;
  /** Null for a gap of every check of the requirement. */
  check: string | null;
  part: string;
  versions: string;
  location: ReportedLocation;
  /** For people. */
  message: string;
}

/** Every check once: one that proves several requirements is below each of them. */
export function checksOf({ requirements }: Pick<ConformanceReport, "requirements">): ReportedCheck[] {
  return [...new Map(requirements.flatMap(({ checks }) => checks).map((check) => [check.id, check])).values()];
}
