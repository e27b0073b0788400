import { type Harm, harms } from "../../helpers/requirements/requirements.ts";
import type {
  ConformanceReport,
  ReportedCheck,
  ReportedFailure,
  ReportedLocation,
  ReportedRequirement,
} from "./conformance-report.ts";

/**
 * Who can end a problem: the operator, in the deployment's files; a part's maker, in another version; or this suite, whose
 * check broke.
 */
export type Owner = "deployment" | "version" | "suite";

/** The failed checks of one requirement that one owner can end. */
export interface Problem {
  requirement: ReportedRequirement;
  owner: Owner;
  checks: readonly ReportedCheck[];
  /** What does not hold, in one line. */
  what: string;
  /** The line of the deployment that most likely causes it. */
  location: ReportedLocation | undefined;
  cause: string | undefined;
  /** In the imperative. */
  fix: string | undefined;
}

/** What an operator has to do, the worst first: by harm, then MUST before SHOULD, then in the order of the suites. */
export function problemsOf({ requirements }: Pick<ConformanceReport, "requirements">): Problem[] {
  return requirements
    .flatMap((requirement) => {
      const failed = requirement.checks.filter(({ outcome }) => outcome === "failed");
      const own = failed.filter(({ id }) => id.startsWith(`${requirement.id}/`));
      // A check that counts against several requirements is one problem, of the requirement in its id.
      const counted = own.length > 0 ? own : failed;
      const byOwner = Map.groupBy(counted, ownerOf);
      return [...byOwner].map(([owner, checks]) => problem(requirement, owner, checks));
    })
    .toSorted((one, other) => rank(one) - rank(other));
}

/** The failure's own texts, or those of its first case that has them. */
export function detailOf<Field extends "location" | "cause" | "fix" | "expected" | "actual">(
  failures: readonly ReportedFailure[],
  field: Field,
): NonNullable<ReportedFailure[Field]> | undefined {
  const details = failures.flatMap((failure) => [failure, ...failure.cases]);
  return details.find((one) => one[field] !== null)?.[field] ?? undefined;
}

/** What a check that did not pass found, in one line. */
export function whatOf({ failure, ownFault, reason, title }: ReportedCheck): string {
  const [first, ...others] = failure?.cases ?? [];
  if (first !== undefined)
    return `${firstLine(first.summary)}${others.length === 0 ? "" : `; and ${others.length} more case${others.length === 1 ? "" : "s"}`}`;
  return firstLine(failure?.summary ?? ownFault?.message ?? reason ?? title);
}

/** The first line; with the second one where the first only announces it. */
function firstLine(text: string): string {
  const [first = "", second = ""] = text.split("\n");
  return first.endsWith(":") ? `${first} ${second.trim()}` : first;
}

function ownerOf({ knownDefect, failure, ownFault }: ReportedCheck): Owner {
  if (knownDefect !== null) return "version";
  return failure === null && ownFault !== null ? "suite" : "deployment";
}

function problem(requirement: ReportedRequirement, owner: Owner, checks: readonly ReportedCheck[]): Problem {
  const failures = checks.flatMap(({ failure }) => failure ?? []);
  const [first] = checks;
  return {
    requirement,
    owner,
    checks,
    what: first === undefined ? requirement.statement : (first.knownDefect?.reason ?? whatOf(first)),
    location: owner === "deployment" ? detailOf(failures, "location") : undefined,
    cause: detailOf(failures, "cause"),
    fix: detailOf(failures, "fix"),
  };
}

function rank({ requirement: { harm, level }, owner }: Problem): number {
  const worst: Harm = harm;
  return Number(owner === "suite") * 1_000 + harms.indexOf(worst) * 10 + Number(!level.startsWith("MUST"));
}
