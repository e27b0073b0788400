import type { Difference } from "../../helpers/catalogue-lock/difference.ts";
import type { Candidate } from "../candidate/types.ts";
import type { CallRecord, Catalogue, Observations } from "../observe/observations.ts";
import type { Supply } from "../observe/subject.ts";
import type { UnreachableHost } from "../observe/unreachable-host.ts";
import type { ApprovedUpstream } from "./approved.ts";

/** How an item ended. */
export type Outcome = "pass" | "fail" | "conditional" | "not applicable";

/** What one item says of a candidate. */
export interface Judgement {
  outcome: Outcome;
  /** What was seen, in one line or a few. */
  evidence: string;
  /** How to fix it; for what failed. */
  fix?: string;
  /** What must hold for the candidate to be accepted; for a conditional outcome. */
  condition?: string;
}

/** All that a candidate is judged by. */
export interface Case {
  candidate: Candidate;
  seen: Observations;
  supply: Supply | undefined;
  /** How the catalogue differs from the approved one; undefined where none was approved yet. */
  differences: readonly Difference[] | undefined;
  /** The upstreams that the gateway has already. */
  approved: readonly ApprovedUpstream[];
  /** Values of the run by name. */
  secrets: ReadonlyMap<string, string>;
  /** Hosts of the candidate file that could not be reached; by default none. */
  unreachable?: readonly UnreachableHost[];
}

/** A case of a candidate that answered. */
export type RunningCase = Case & { catalogue: Catalogue };

export function pass(evidence: string): Judgement {
  return { outcome: "pass", evidence };
}

export function notApplicable(evidence: string): Judgement {
  return { outcome: "not applicable", evidence };
}

export function conditional(evidence: string, condition: string): Judgement {
  return { outcome: "conditional", evidence, condition };
}

/** The most findings that one item shows. */
const mostShown = 6;

export function fail(findings: string | readonly string[], fix: string): Judgement {
  return { outcome: "fail", evidence: shownFindings([findings].flat()), fix };
}

/** Findings as evidence, one line each: the first ones, and how many more there are. */
export function shownFindings(all: readonly string[]): string {
  const more = all.length > mostShown ? [`and ${all.length - mostShown} more`] : [];
  return [...all.slice(0, mostShown), ...more].join("\n");
}

/** Fails where there is a finding. */
export function failIfAny(findings: readonly string[], fix: string, otherwise: string): Judgement {
  return findings.length > 0 ? fail(findings, fix) : pass(otherwise);
}

/** A call in one line. */
export function callText({ tool, arguments: own }: CallRecord): string {
  const text = JSON.stringify(own);
  return `${tool}(${text.length > 120 ? `${text.slice(0, 120)}…` : text})`;
}
