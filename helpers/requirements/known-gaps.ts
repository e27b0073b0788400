import { existsSync } from "node:fs";
import { join } from "node:path";
import { coerce, intersects, satisfies, validRange } from "semver";
import { z } from "zod";
import { displayPath } from "../core/display-path.ts";
import { DeploymentError, type InputFault } from "../core/errors.ts";
import { suggest } from "../core/nearest.ts";
import { FaultList } from "../deployment/source/fault-list.ts";
import { listOf, mapping, readShape, text } from "../deployment/source/shape.ts";
import { readSource } from "../deployment/source/source-file.ts";
import { locationOf, parseYaml, toPlain } from "../deployment/source/yaml-tree.ts";
import type { SourceLocation } from "../deployment/types.ts";
import { checksOf, loadRequirements, type RequirementId } from "./requirements.ts";

/** What is expected to fail on given versions of a part, until somebody mends it. */
export interface KnownGap {
  requirement: RequirementId;
  /** The sentence of the one check that it accounts for; undefined for every check of the requirement. */
  check: string | undefined;
  /** What the failure must say to be this gap; undefined for any failure. Another failure of the check stays one. */
  shows: string | undefined;
  /** Name of the part, as the report calls it, e.g. `litellm`. */
  part: string;
  /** Semver range of the part's versions that have the gap. */
  versions: string;
  reason: string;
  /** Where it is being mended. */
  link: string;
  /** `YYYY-MM-DD`, the last day (UTC) on which the gap is accepted. */
  until: string;
  location: SourceLocation;
}

/** What `known-gaps.yaml` says, and what is wrong with it. */
export interface ReadKnownGaps {
  /** Those without a fault. */
  gaps: readonly KnownGap[];
  faults: readonly InputFault[];
}

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
    requirement: text,
    check: text.optional(),
    shows: text.optional(),
    part: text,
    versions: range,
    reason: text,
    link: z.url({ protocol: /^https?$/, error: "a link, e.g. https://github.com/BerriAI/litellm/issues/37080" }),
    until: z.iso.date({ error: "a date, e.g. 2027-03-31" }),
  }),
);

/**
 * Reads a deployment's `known-gaps.yaml`; where there is none, there are no gaps.
 *
 * @param folder of the deployment
 * @param today `YYYY-MM-DD`
 */
export function readKnownGaps(folder: string, today = new Date().toISOString().slice(0, 10)): ReadKnownGaps {
  const file = join(folder, fileName);
  if (!existsSync(file)) return { gaps: [], faults: [] };
  const found = new FaultList();
  const source = readSource(file, found, "write it, or remove the link to it");
  const tree = source === undefined ? undefined : parseYaml(source, found);
  const data = tree === undefined ? undefined : readShape(knownGapsShape, tree, toPlain(tree), found, "gaps");
  if (tree === undefined || data === undefined) return { gaps: [], faults: found.faults };
  const gaps: KnownGap[] = [];
  for (const [index, entry] of data.entries()) {
    const gap: KnownGap = {
      ...entry,
      requirement: entry.requirement as RequirementId,
      check: entry.check,
      shows: entry.shows,
      location: locationOf(tree, [index]),
    };
    const faults = gapFaults(gap, gaps, today);
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
export function loadKnownGaps(folder: string): readonly KnownGap[] {
  const { gaps, faults } = readKnownGaps(folder);
  if (faults.length > 0) throw new DeploymentError(faults);
  return gaps;
}

/** The gaps that the running versions have. A version that can't be compared (`latest`) is in the range `*` alone. */
export function activeGaps(gaps: readonly KnownGap[], running: RunningVersions): readonly KnownGap[] {
  return gaps.filter(({ part, versions }) => {
    const version = running.get(part);
    if (version === undefined) return false;
    if (validRange(versions) === "*") return true;
    // A tag such as `1.77.1-stable` is no version before 1.77.1, which is what semver would take it for.
    const comparable = coerce(version);
    return comparable !== null && satisfies(comparable, versions);
  });
}

/**
 * The gap that accounts for a failing check. A check that proves several requirements is accounted for only where each
 * of them has a gap: a failure that nobody expected must not hide behind one that somebody did, nor behind a gap that
 * shows something else.
 *
 * @param failing sentence of the check, and its failure's own words
 */
export function gapOf(
  active: readonly KnownGap[],
  requirements: readonly string[],
  { sentence, message }: { sentence: string; message: string },
): KnownGap | undefined {
  const gaps = requirements.map((id) =>
    active.find(
      ({ requirement, check, shows }) =>
        requirement === id &&
        (check === undefined || check === sentence) &&
        (shows === undefined || message.includes(shows)),
    ),
  );
  return gaps.includes(undefined) ? undefined : gaps[0];
}

/** What a run came to, as far as gaps are concerned; outcomes as the report calls them. */
export interface TriedRequirement {
  requirement: { id: RequirementId };
  outcome: string;
  checks: readonly { name: string; outcome: string }[];
}

/**
 * The gaps that are gone: their requirement, or the one check that they name, was tried on the versions that they name,
 * and did not fail. What was not tried says nothing.
 */
export function staleGaps(active: readonly KnownGap[], tried: readonly TriedRequirement[]): readonly KnownGap[] {
  return active.filter(({ requirement, check }) => {
    const own = tried.find(({ requirement: { id } }) => id === requirement);
    const outcome = check === undefined ? own?.outcome : own?.checks.find(({ name }) => name === check)?.outcome;
    return outcome === "passed" || outcome === "not-supported";
  });
}

/** One line for an operator: which gap is stale, and what to do. */
export function staleGapLine({ requirement, check, part, versions, location }: KnownGap): string {
  const what = check === undefined ? requirement : `${requirement}, '${check}',`;
  return `${displayPath(location.file)}:${location.line}: ${what} no longer fails with ${part} ${versions}; remove the gap, or narrow its versions`;
}

interface GapFault {
  key: string;
  what: string;
  fix: string;
}

function gapFaults(gap: KnownGap, before: readonly KnownGap[], today: string): GapFault[] {
  const faults: GapFault[] = [];
  const known = loadRequirements();
  if (known.has(gap.requirement) && gap.check !== undefined) {
    const sentences = checksOf(gap.requirement);
    if (!sentences.includes(gap.check)) {
      faults.push({
        key: "check",
        what: `no check of ${gap.requirement} is '${gap.check}'`,
        fix: suggest(gap.check, sentences, `write one of: ${sentences.map((one) => `'${one}'`).join(", ") || "none"}`),
      });
    }
  }
  if (!known.has(gap.requirement)) {
    faults.push({
      key: "requirement",
      what: `no requirement has the id '${gap.requirement}'`,
      fix: suggest(gap.requirement, known.keys(), "name one of suites/*/requirements.yaml"),
    });
  }
  if (!parts.includes(gap.part)) {
    // On a part that never runs a gap is never active, and so would never be called stale either.
    faults.push({
      key: "part",
      what: `no part is named '${gap.part}'`,
      fix: suggest(gap.part, parts, `name one of ${parts.join(", ")}`),
    });
  }
  if (gap.until < today) {
    faults.push({
      key: "until",
      what: `the gap of ${gap.requirement} was accepted until ${gap.until}, which is past`,
      fix: "mend the gateway and remove the gap, or agree on a new date",
    });
  }
  const twin = before.find(
    ({ requirement, check, part, versions }) =>
      requirement === gap.requirement &&
      part === gap.part &&
      (check === undefined || gap.check === undefined || check === gap.check) &&
      intersects(versions, gap.versions),
  );
  if (twin !== undefined) {
    faults.push({
      key: "versions",
      what: `the gap of ${gap.requirement} overlaps with that of line ${twin.location.line}`,
      fix: "keep one of the two, or part their versions",
    });
  }
  return faults;
}
