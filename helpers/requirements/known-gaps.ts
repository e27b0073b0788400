import { existsSync } from "node:fs";
import { join } from "node:path";
import { coerce, intersects, satisfies, validRange } from "semver";
import { z } from "zod";
import type { FailureDetails } from "../checks/check-failure.ts";
import { DeploymentError, type InputFault } from "../core/errors.ts";
import { displayPath } from "../core/text/display-path.ts";
import { suggest } from "../core/text/nearest.ts";
import { FaultList } from "../deployment/source/fault-list.ts";
import { listOf, mapping, readShape, text } from "../deployment/source/shape.ts";
import { readSource } from "../deployment/source/source-file.ts";
import { locationOf, parseYaml, toPlain } from "../deployment/source/yaml-tree.ts";
import type { SourceLocation } from "../deployment/types.ts";
import { loadRequirements, type RequirementId } from "./requirements.ts";

/** A check that is expected to fail on given versions of a part, until somebody fixes it. */
export interface KnownGap {
  /** Id of the one check that it accounts for, e.g. `CAT-02/paginated-upstream`; undefined for every check of the requirement. */
  check: string | undefined;
  /** The requirement that it is about; the check's first one where the gap names a check. */
  requirement: RequirementId;
  /** The kind of failure that it accounts for (`FailureDetails.code`); undefined for any. Another failure stays one. */
  code: string | undefined;
  /** The cases that may fail; undefined for any. Another case that fails stays a failure. */
  cases: readonly string[] | undefined;
  /** What the failure's `actual` must be; undefined for anything. */
  actual: string | undefined;
  /** Name of the part, as the report calls it, e.g. `litellm`. */
  part: string;
  /** Semver range of the part's versions that have the gap. */
  versions: string;
  reason: string;
  /** Where it is being fixed. */
  link: string;
  /** `YYYY-MM-DD`, the last day (UTC) on which the gap is accepted. */
  until: string;
  /** True for a choice of this deployment, which is not a defect of the part's versions. */
  choice: boolean;
  location: SourceLocation;
}

/** What `known-gaps.yaml` says, and what is wrong with it. */
export interface ReadKnownGaps {
  /** Those without a fault. */
  gaps: readonly KnownGap[];
  faults: readonly InputFault[];
}

/** Every check that exists: its id and the requirements that it proves. */
export type CheckIndex = readonly { id: string; requirements: readonly string[] }[];

/** Part name to its running version. */
export type RunningVersions = ReadonlyMap<string, string>;

const fileName = "known-gaps.yaml";

/** What a gap can be of: the parts whose version an operator or the suite chooses, as the report calls them. */
const parts: readonly string[] = ["litellm", "traefik", "codex", "postgres", "whoami", "scripted-model", "upstreams"];

/** YAML takes `17` for a number; a range is a text all the same. */
const range = z
  .union([z.string(), z.number()], { error: "a range of versions, e.g. '<1.80.0'" })
  .transform(String)
  .refine((value) => value.trim() !== "" && validRange(value) !== null, {
    error: "a range of versions, e.g. '<1.80.0'",
  });

const knownGapsShape = listOf(
  mapping({
    check: text.optional(),
    requirement: text.optional(),
    code: text.optional(),
    cases: listOf(text).min(1, { error: "a list with at least one case" }).optional(),
    actual: text.optional(),
    part: text,
    versions: range,
    reason: text,
    link: z.url({ protocol: /^https?$/, error: "a link, e.g. https://github.com/BerriAI/litellm/issues/37080" }),
    until: z.iso.date({ error: "a date, e.g. 2027-03-31" }),
    choice: z.boolean({ error: "true or false" }).default(false),
  }),
);

/**
 * Reads a deployment's `known-gaps.yaml`; where there is none, there are no gaps.
 *
 * @param folder of the deployment
 * @param checks every check that exists; a gap must name one of them, or a requirement
 * @param today `YYYY-MM-DD`
 */
export function readKnownGaps(
  folder: string,
  checks: CheckIndex,
  today = new Date().toISOString().slice(0, 10),
): ReadKnownGaps {
  const file = join(folder, fileName);
  if (!existsSync(file)) return { gaps: [], faults: [] };
  const found = new FaultList();
  const source = readSource(file, found, "write it, or remove the link to it");
  const tree = source === undefined ? undefined : parseYaml(source, found);
  const data = tree === undefined ? undefined : readShape(knownGapsShape, tree, toPlain(tree), found, "gaps");
  if (tree === undefined || data === undefined) return { gaps: [], faults: found.faults };
  const gaps: KnownGap[] = [];
  for (const [index, { check, requirement, code, cases, actual, ...entry }] of data.entries()) {
    const gap: KnownGap = {
      ...entry,
      check,
      requirement: (requirement ?? check?.split("/")[0] ?? "") as RequirementId,
      code,
      cases,
      actual,
      location: locationOf(tree, [index]),
    };
    const faults = gapFaults(gap, requirement !== undefined, gaps, checks, today);
    for (const { key, what, fix } of faults) found.add(locationOf(tree, [index, key]), what, fix);
    if (faults.length === 0) gaps.push(gap);
  }
  return { gaps, faults: found.faults };
}

/**
 * A deployment's known gaps.
 *
 * @throws {DeploymentError} with every fault of `known-gaps.yaml`
 */
export function loadKnownGaps(folder: string, checks: CheckIndex): readonly KnownGap[] {
  const { gaps, faults } = readKnownGaps(folder, checks);
  if (faults.length > 0) throw new DeploymentError(faults);
  return gaps;
}

/** The gaps that the running versions have. A version that cannot be compared (`latest`) is in the range `*` alone. */
export function activeGaps(gaps: readonly KnownGap[], running: RunningVersions): readonly KnownGap[] {
  return gaps.filter(({ part, versions }) => {
    const version = running.get(part);
    if (version === undefined) return false;
    if (validRange(versions) === "*") return true;
    // A tag such as `1.77.1-stable` is not a version before 1.77.1, although semver orders it so.
    const comparable = coerce(version);
    return comparable !== null && satisfies(comparable, versions);
  });
}

/** The fields of a failure that a gap can name. */
export type FailureFields = Partial<Pick<FailureDetails, "code" | "case" | "actual">>;

/** A failing check, as far as gaps are concerned. */
export interface FailingCheck {
  check: string;
  requirements: readonly string[];
  failure: FailureFields & { cases?: readonly FailureFields[] };
}

/**
 * The gap that accounts for a failing check. A failure that counts against several requirements is accounted for only
 * where a gap names the check itself, or each requirement has a gap: a failure that nobody expected must not hide behind
 * one that somebody did, nor behind a gap of another kind of failure. An invalid message is never the failure that a gap
 * of the check means, unless the gap says so (`code: invalid-message`).
 */
export function gapFor(active: readonly KnownGap[], failing: FailingCheck): KnownGap | undefined {
  const matching = active.filter((gap) => accountsFor(gap, failing));
  const ofCheck = matching.find(({ check }) => check !== undefined);
  if (ofCheck !== undefined) return ofCheck;
  const ofEach = failing.requirements.map((id) => matching.find(({ requirement }) => requirement === id));
  return ofEach.includes(undefined) ? undefined : ofEach[0];
}

function accountsFor(gap: KnownGap, { check, requirements, failure }: FailingCheck): boolean {
  if (gap.check === undefined ? !requirements.includes(gap.requirement) : gap.check !== check) return false;
  if (failure.code === "invalid-message" && gap.code !== "invalid-message") return false;
  const failed = failure.cases ?? [failure];
  return failed.every(
    (one) =>
      (gap.code === undefined || gap.code === one.code) &&
      (gap.actual === undefined || gap.actual === one.actual) &&
      (gap.cases === undefined || (one.case !== undefined && gap.cases.includes(one.case))),
  );
}

/** What a run found, as far as gaps are concerned. */
export interface TriedRequirement {
  requirement: { id: RequirementId };
  outcome: string;
  checks: readonly { id: string; outcome: string }[];
}

/**
 * The gaps that are gone: their requirement, or the check that they name, was tried on the versions that they name, and
 * did not fail. What was not tried says nothing.
 */
export function staleGaps(active: readonly KnownGap[], tried: readonly TriedRequirement[]): readonly KnownGap[] {
  return active.filter(({ requirement, check }) => {
    const own = tried.find(({ requirement: { id } }) => id === requirement);
    const outcome = check === undefined ? own?.outcome : own?.checks.find(({ id }) => id === check)?.outcome;
    return outcome === "passed" || outcome === "not-supported";
  });
}

/** One line for an operator: which gap is stale, and what to do. */
export function staleGapLine({ requirement, check, part, versions, location }: KnownGap): string {
  return `${displayPath(location.file)}:${location.line}: ${check ?? requirement} no longer fails with ${part} ${versions}; delete this entry, or narrow its versions`;
}

interface GapFault {
  key: string;
  what: string;
  fix: string;
}

function gapFaults(
  gap: KnownGap,
  namesRequirement: boolean,
  before: readonly KnownGap[],
  checks: CheckIndex,
  today: string,
): GapFault[] {
  const faults =
    gap.check === undefined ? requirementFaults(gap, namesRequirement) : checkFaults(gap, namesRequirement, checks);
  if (!parts.includes(gap.part)) {
    // On a part that never runs a gap is never active, and so would never be reported as stale either.
    faults.push({
      key: "part",
      what: `'${gap.part}' is not the name of a part`,
      fix: suggest(gap.part, parts, `name one of ${parts.join(", ")}`),
    });
  }
  if (gap.until < today) {
    faults.push({
      key: "until",
      what: `the gap of ${gap.check ?? gap.requirement} was accepted until ${gap.until}, which is past`,
      fix: "fix the gateway and delete this entry, or extend 'until'",
    });
  }
  const twin = before.find((other) => overlaps(other, gap));
  if (twin !== undefined) {
    faults.push({
      key: "versions",
      what: `the gap of ${gap.check ?? gap.requirement} overlaps with that of line ${twin.location.line}`,
      fix: "keep one of the two, or separate their versions",
    });
  }
  return faults;
}

function checkFaults({ check = "" }: KnownGap, namesRequirement: boolean, checks: CheckIndex): GapFault[] {
  if (namesRequirement) {
    return [
      {
        key: "requirement",
        what: `names the check ${check} and a requirement`,
        fix: "keep the check, and remove 'requirement'",
      },
    ];
  }
  if (checks.some(({ id }) => id === check)) return [];
  const ids = checks.map(({ id }) => id);
  const requirement = check.split("/")[0] ?? "";
  const own = ids.filter((id) => id.startsWith(`${requirement}/`));
  const list = own.length > 0 ? `write one of ${own.join(", ")}` : "name a check of suites/";
  return [
    { key: "check", what: `no check has the id '${check}'`, fix: suggest(check, own.length > 0 ? own : ids, list) },
  ];
}

function requirementFaults({ requirement }: KnownGap, namesRequirement: boolean): GapFault[] {
  if (!namesRequirement)
    return [{ key: "check", what: "names neither a check nor a requirement", fix: "add 'check:' with a check's id" }];
  const known = loadRequirements();
  if (known.has(requirement)) return [];
  const fix = suggest(requirement, known.keys(), "name one of suites/*/requirements.yaml");
  return [{ key: "requirement", what: `no requirement has the id '${requirement}'`, fix }];
}

/** Whether two gaps could both account for one failure. */
function overlaps(one: KnownGap, other: KnownGap): boolean {
  const both = <T>(a: T | undefined, b: T | undefined): boolean => a === undefined || b === undefined || a === b;
  const cases =
    one.cases === undefined || other.cases === undefined || one.cases.some((name) => other.cases?.includes(name));
  return (
    one.requirement === other.requirement &&
    both(one.check, other.check) &&
    both(one.code, other.code) &&
    both(one.actual, other.actual) &&
    cases &&
    one.part === other.part &&
    intersects(one.versions, other.versions)
  );
}
