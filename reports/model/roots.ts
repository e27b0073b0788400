import type { ConformanceReport, ReportedLocation } from "./conformance-report.ts";
import { sourcesOf } from "./consequent-checks.ts";
import { detailOf, problemsOf, whatOf } from "./problems.ts";

/** What a failed check follows from. */
export interface Root {
  /** Id of the requirement whose problem it is; of the check, where that is another one of the same requirement. */
  id: string;
  /** What does not hold, in one line. */
  what: string;
  location: ReportedLocation | undefined;
}

/** The checks that fail because of another failure, by id, with that one. */
export function rootsByCheck(report: Pick<ConformanceReport, "requirements">): ReadonlyMap<string, Root> {
  const problems = problemsOf(report);
  const roots = new Map<string, Root>();
  for (const { root, owner, checks } of problems) {
    const problem = problems.find((one) => one.requirement.id === root && one.owner === owner);
    if (problem !== undefined) {
      const { requirement, what, location } = problem;
      for (const { id } of checks) roots.set(id, { id: requirement.id, what, location });
      continue;
    }
    if (owner !== "deployment") continue;
    for (const [id, source] of sourcesOf(checks)) {
      const location = detailOf(source.failure === null ? [] : [source.failure], "location");
      roots.set(id, { id: source.id, what: whatOf(source), location });
    }
  }
  return roots;
}

/** What a check that fails because of another failure says of it, in one line. */
export function followsText({ id, what, location }: Root): string {
  const place = location === undefined ? "" : ` (${location.file}:${location.line})`;
  return `follows from ${id}: ${what}${place}`;
}
