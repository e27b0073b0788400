import { join } from "node:path";
import { activeGaps, gapFor, readKnownGaps } from "../../helpers/requirements/known-gaps.ts";
import type { RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";

/** The deployment whose known gaps were measured for every version that the suite has locks for. */
const measured = join(import.meta.dirname, "..", "..", "deployments", "reference");

/**
 * Marks the failed checks whose failure is a measured defect of a part's version: nothing in the deployment's files causes
 * it, and only another version, or an entry in known-gaps.yaml, ends it.
 *
 * @param run its parts say which versions ran
 */
export function withKnownDefects(checks: readonly CheckResult[], run: RunRecord | undefined): readonly CheckResult[] {
  if (run === undefined || !checks.some(({ outcome }) => outcome === "failed")) return checks;
  // The gaps' dates are about accepting them: a defect stays one.
  const { gaps } = readKnownGaps(measured, checks, "0000-01-01");
  const defects = gaps.filter(({ choice }) => !choice);
  const active = activeGaps(defects, new Map(run.parts.map(({ name, version }) => [name, version])));
  return checks.map((check) => {
    const { id, requirements, failure, outcome } = check;
    if (outcome !== "failed" || failure === undefined) return check;
    const gap = gapFor(active, { check: id, requirements, failure });
    if (gap === undefined) return check;
    const { part, versions, reason, link } = gap;
    return { ...check, knownDefect: { part, versions, reason, link } };
  });
}
