import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { displayPath } from "../../helpers/core/text/display-path.ts";
import type { SourceLocation } from "../../helpers/deployment/types.ts";
import { type KnownGap, staleGapLine } from "../../helpers/requirements/known-gaps.ts";
import { suiteOf } from "../../helpers/requirements/suites.ts";
import type { EnvironmentFailure, RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "./check-result.ts";
import { countOutcomes, type RequirementResult, type RunVerdict } from "./outcomes.ts";

/** Version of the report's shape; raised with every change that a reader would notice. */
const schemaVersion = 3;

/** Everything that a report is made of. */
export interface ReportInput {
  /** Undefined when the run ended before it began. */
  run: RunRecord | undefined;
  /** ISO 8601. */
  finishedAt: string;
  verdict: RunVerdict;
  /** Why the run did not test everything; undefined when it did. */
  incomplete: string | undefined;
  environmentFailures: readonly EnvironmentFailure[];
  /** Faults of the suite itself, one line each. */
  faults: readonly string[];
  /** Known gaps of the deployment that no longer fail. */
  staleGaps: readonly KnownGap[];
  requirements: readonly RequirementResult[];
}

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
  counts: Record<string, number>;
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
  statement: string;
  source: string;
  outcome: string;
  checks: readonly ReportedCheck[];
}

/** A check as the report has it. */
export interface ReportedCheck {
  id: string;
  title: string;
  file: string;
  outcome: string;
  /** Milliseconds. */
  duration: number;
  requirements: readonly string[];
  needs: readonly string[];
  reason: string | null;
  /** With a message for people. */
  failure: (ReportedFailure & { message: string }) | null;
  gap: { reason: string; link: string; until: string } | null;
  ownFault: { name: string; message: string } | null;
  evidence: readonly string[];
  failureFolder: string | null;
  findings: readonly string[];
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

const nothing: RunRecord["deployment"] = {
  folder: "",
  digest: "",
  hosts: [],
  config: "",
  upstreams: [],
  secrets: { file: "", names: [] },
  clients: [],
  notes: [],
};

/** Builds the report. */
export function conformanceReport(input: ReportInput): ConformanceReport {
  const { run } = input;
  return {
    schemaVersion,
    suiteVersion: run?.suiteVersion ?? "",
    run: {
      id: run?.id ?? "",
      startedAt: run?.startedAt ?? input.finishedAt,
      finishedAt: input.finishedAt,
      arguments: run?.arguments ?? [],
    },
    deployment: run?.deployment ?? nothing,
    engine: run?.engine ?? { version: "", apiVersion: "" },
    result: input.verdict,
    incomplete: input.incomplete ?? null,
    faults: input.faults,
    staleGaps: input.staleGaps.map(reportedStaleGap),
    counts: countOutcomes(input.requirements),
    requirements: input.requirements.map(reportedRequirement),
    parts: (run?.parts ?? []).toSorted((one, other) => compare(`${one.rig}/${one.name}`, `${other.rig}/${other.name}`)),
    changes: run?.changes ?? [],
    phases: (run?.phases ?? []).map((phase) => ({ ...phase, milliseconds: Math.round(phase.milliseconds) })),
    environmentFailures: input.environmentFailures.map((failure) => ({ ...failure, part: failure.part ?? null })),
  };
}

/**
 * The report as text, after its schema has accepted it.
 *
 * @throws {Error} for a report that its schema refuses: a fault of the suite
 */
export function serialize(report: ConformanceReport): string {
  const text = `${JSON.stringify(report, null, 2)}\n`;
  // The schema judges what a reader gets: JSON drops undefined fields.
  const fault = schemaFault(JSON.parse(text));
  if (fault !== undefined) throw new Error(`conformance.json would not match its schema: ${fault}`);
  return text;
}

function schemaFault(report: unknown): string | undefined {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: true });
  addFormats.default(ajv);
  const schema = JSON.parse(readFileSync(new URL("../conformance.schema.json", import.meta.url), "utf8")) as object;
  const validate = ajv.compile(schema);
  return validate(report) ? undefined : ajv.errorsText(validate.errors);
}

function reportedRequirement({ requirement, outcome, checks }: RequirementResult): ReportedRequirement {
  return {
    id: requirement.id,
    suite: suiteOf(requirement.id).folder,
    level: requirement.whereSupported ? `${requirement.level} where supported` : requirement.level,
    statement: requirement.statement,
    source: requirement.source,
    outcome,
    // The order in which checks end means nothing.
    checks: checks
      .toSorted((one, other) => compare(`${one.file} ${one.id}`, `${other.file} ${other.id}`))
      .map(reportedCheck),
  };
}

function reportedCheck(check: CheckResult): ReportedCheck {
  const { id, title, file, outcome, requirements, needs, failure, gap, ownFault, evidence, findings } = check;
  return {
    id,
    title,
    file,
    outcome,
    duration: Math.round(check.duration),
    requirements,
    needs,
    reason: check.reason ?? null,
    failure: failure === undefined ? null : { message: failure.message, ...reportedFailure(failure) },
    gap: gap ?? null,
    ownFault: ownFault === undefined ? null : { name: ownFault.name, message: ownFault.message },
    evidence,
    failureFolder: check.failureFolder ?? null,
    findings,
  };
}

function reportedFailure(failure: FailureDetails): ReportedFailure {
  const { summary, evidence, location } = failure;
  return {
    summary,
    code: failure.code ?? null,
    case: failure.case ?? null,
    expected: failure.expected ?? null,
    actual: failure.actual ?? null,
    cause: failure.cause ?? null,
    location: location === undefined ? null : reportedLocation(location),
    fix: failure.fix ?? null,
    sent: evidence?.sent ?? null,
    received: evidence?.received ?? null,
    cases: (failure.cases ?? []).map(reportedFailure),
  };
}

function reportedStaleGap(gap: KnownGap): ReportedStaleGap {
  const { requirement, check = null, part, versions, location } = gap;
  return { requirement, check, part, versions, location: reportedLocation(location), message: staleGapLine(gap) };
}

function reportedLocation({ file, line }: SourceLocation): ReportedLocation {
  return { file: displayPath(file), line };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
