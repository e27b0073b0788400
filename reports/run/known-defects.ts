import { join } from "node:path";
import { coerce, satisfies } from "semver";
import { activeGaps, gapFor, type KnownGap, readKnownGaps } from "../../helpers/requirements/known-gaps.ts";
import type { RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult, KnownDefect } from "../model/check-result.ts";

/** The deployment whose known gaps are measured defects of LiteLLM. */
const measured = join(import.meta.dirname, "..", "..", "deployments", "reference");
/** The versions of LiteLLM that they were measured on, as the head of the file says. */
const measuredVersions = "~1.77 || ~1.106";

/**
 * Marks the failed checks whose failure is a defect of a part's version: nothing in the deployment's files causes it, and only another
 * version, or an entry in known-gaps.yaml, ends it. Of a version that was not measured, a failure counts that is the same as a measured
 * one of another version.
 *
 * @param run its parts say which versions ran
 */
export function withKnownDefects(checks: readonly CheckResult[], run: RunRecord | undefined): readonly CheckResult[] {
  if (run === undefined || !checks.some(({ outcome }) => outcome === "failed")) return checks;
  // The gaps' dates are about accepting them: a defect stays one.
  const { gaps } = readKnownGaps(measured, checks, "0000-01-01");
  const defects = gaps.filter(({ choice }) => !choice);
  const running = new Map(run.parts.map(({ name, version }) => [name, version]));
  const active = activeGaps(defects, running);
  const elsewhere = defects.filter(({ part }) => isUnmeasured(part, running));
  return checks.map((check) => {
    const { id, requirements, failure, outcome } = check;
    if (outcome !== "failed" || failure === undefined) return check;
    const failing = { check: id, requirements, failure };
    const own = gapFor(active, failing);
    const other = own === undefined ? gapFor(elsewhere, failing) : undefined;
    const knownDefect = own === undefined ? other && asElsewhere(other, running.get(other.part) ?? "") : defectOf(own);
    return knownDefect === undefined ? check : { ...check, knownDefect };
  });
}

function defectOf({ part, versions, reason, link }: KnownGap): KnownDefect {
  return { part, versions, reason, link };
}

function asElsewhere(gap: KnownGap, version: string): KnownDefect {
  const reason = `${gap.reason}; measured on ${gap.versions}, and ${version} fails in the same way`;
  return { ...defectOf(gap), versions: version, reason };
}

/** Whether a version of LiteLLM runs on which the gaps were not measured. */
function isUnmeasured(part: string, running: ReadonlyMap<string, string>): boolean {
  const version = part === "litellm" ? coerce(running.get(part)) : null;
  return version !== null && !satisfies(version, measuredVersions);
}
