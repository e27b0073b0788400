import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { EnvironmentFailure, RunRecord } from "../../helpers/run/run-record.ts";
import { type CheckResult, countOutcomes, type RequirementResult, type Verdict } from "./outcomes.ts";

/** Of the report's shape; raised with every change that a reader would notice. */
const schemaVersion = 2;

/** All that a report is made of. */
export interface ReportInput {
  /** Undefined when the run ended before it began. */
  run: RunRecord | undefined;
  finishedAt: string;
  verdict: Verdict;
  /** Why the run did not try everything; undefined when it did. */
  incomplete: string | undefined;
  /** What went wrong around the checks. */
  environmentFailures: readonly EnvironmentFailure[];
  /** The suite's own faults. */
  faults: readonly string[];
  /** Known gaps of the deployment that are gone. */
  staleGaps: readonly string[];
  requirements: readonly RequirementResult[];
}

/** The machine's report, as `conformance.schema.json` describes it. */
export interface ConformanceReport {
  schemaVersion: number;
  suiteVersion: string;
  run: { id: string; startedAt: string; finishedAt: string; arguments: readonly string[] };
  deployment: RunRecord["deployment"];
  engine: { version: string; apiVersion: string };
  result: Verdict;
  incomplete: string | null;
  faults: readonly string[];
  staleGaps: readonly string[];
  counts: Record<string, number>;
  requirements: readonly {
    id: string;
    suite: string;
    level: string;
    statement: string;
    source: string;
    outcome: string;
    checks: readonly {
      name: string;
      file: string;
      outcome: string;
      duration: number;
      message: string | null;
      location: { file: string; line: number } | null;
      evidence: readonly string[];
      failure: string | null;
      findings: readonly string[];
    }[];
  }[];
  parts: RunRecord["parts"];
  changes: RunRecord["changes"];
  phases: RunRecord["phases"];
  environmentFailures: readonly { part: string | null; message: string; log: readonly string[] }[];
}

const nothing: RunRecord["deployment"] = {
  folder: "",
  digest: "",
  hosts: [],
  config: "",
  upstreams: [],
  secrets: { file: "", names: [] },
  clients: [],
};

/** Builds the report. */
export function conformanceReport(input: ReportInput, suiteOf: (id: string) => string): ConformanceReport {
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
    staleGaps: input.staleGaps,
    counts: countOutcomes(input.requirements),
    requirements: input.requirements.map(({ requirement, outcome, checks }) => ({
      id: requirement.id,
      suite: suiteOf(requirement.id),
      level: requirement.whereSupported ? `${requirement.level} where supported` : requirement.level,
      statement: requirement.statement,
      source: requirement.source,
      outcome,
      checks: [...checks].sort(byPlace).map((check) => ({
        name: check.name,
        file: check.file,
        outcome: check.outcome,
        duration: Math.round(check.duration),
        message: check.message ?? null,
        location: check.location ?? null,
        evidence: check.evidence,
        failure: check.failure ?? null,
        findings: check.findings,
      })),
    })),
    parts: [...(run?.parts ?? [])].sort((one, other) =>
      compare(`${one.rig}/${one.name}`, `${other.rig}/${other.name}`),
    ),
    changes: run?.changes ?? [],
    phases: (run?.phases ?? []).map((phase) => ({ ...phase, milliseconds: Math.round(phase.milliseconds) })),
    environmentFailures: input.environmentFailures.map((failure) => ({
      ...failure,
      part: failure.part ?? null,
    })),
  };
}

/**
 * The report as text, having been held against its schema.
 *
 * @throws {Error} for a report that its schema refuses: a fault of the suite
 */
export function serialize(report: ConformanceReport): string {
  // As a reader will have it: what JSON drops must not count as there.
  const text = `${JSON.stringify(report, null, 2)}\n`;
  const fault = schemaFault(JSON.parse(text));
  if (fault !== undefined) throw new Error(`conformance.json would break its schema: ${fault}`);
  return text;
}

/** What a report's schema has against a value; undefined when nothing. */
export function schemaFault(report: unknown): string | undefined {
  const ajv = new Ajv2020({ allErrors: true });
  addFormats.default(ajv);
  const schema = JSON.parse(readFileSync(new URL("../conformance.schema.json", import.meta.url), "utf8")) as object;
  const validate = ajv.compile(schema);
  return validate(report) ? undefined : ajv.errorsText(validate.errors);
}

function byPlace(one: CheckResult, other: CheckResult): number {
  return compare(`${one.file} ${one.name}`, `${other.file} ${other.name}`);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
