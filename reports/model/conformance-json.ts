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
import type {
  ConformanceReport,
  ReportedCheck,
  ReportedFailure,
  ReportedLocation,
  ReportedRequirement,
  ReportedStaleGap,
} from "./conformance-report.ts";
import { checksOf } from "./conformance-report.ts";
import { summaryLine } from "./headline.ts";
import { countOutcomes, type RequirementResult, type RunVerdict } from "./outcomes.ts";

/** Version of the report's shape; raised with every change that a reader would notice. */
const schemaVersion = 4;

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
  const requirements = input.requirements.map(reportedRequirement);
  const report = {
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
    counts: countOutcomes(requirements),
    checkCounts: countOutcomes(checksOf({ requirements })),
    results: resultsOf(requirements),
    requirements,
    parts: (run?.parts ?? []).toSorted((one, other) => compare(`${one.rig}/${one.name}`, `${other.rig}/${other.name}`)),
    changes: run?.changes ?? [],
    phases: (run?.phases ?? []).map((phase) => ({ ...phase, milliseconds: Math.round(phase.milliseconds) })),
    environmentFailures: input.environmentFailures.map((failure) => ({ ...failure, part: failure.part ?? null })),
  };
  return { ...report, summary: summaryLine(report) };
}

function resultsOf(requirements: readonly ReportedRequirement[]): ConformanceReport["results"] {
  const suites = [...new Set(requirements.map(({ suite }) => suite))];
  return suites.flatMap((suite) =>
    (["MUST", "SHOULD"] as const).flatMap((level) => {
      const own = requirements.filter((one) => one.suite === suite && one.level.startsWith(level));
      return own.length === 0 ? [] : [{ suite, level, ...countOutcomes(own) }];
    }),
  );
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
    harm: requirement.harm,
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
    endedAt: check.endedAt > 0 ? new Date(check.endedAt).toISOString() : null,
    duration: Math.round(check.duration),
    requirements,
    needs,
    reason: check.reason ?? null,
    failure: failure === undefined ? null : { message: failure.message, ...reportedFailure(failure) },
    gap: gap ?? null,
    knownDefect: check.knownDefect ?? null,
    ownFault: ownFault === undefined ? null : { name: ownFault.name, message: ownFault.message },
    evidence,
    failureFolder: check.failureFolder ?? null,
    findings,
    comparisons: check.comparisons ?? [],
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
    follows: failure.follows ?? null,
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
