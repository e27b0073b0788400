import { type Harm, harms } from "../../helpers/requirements/requirements.ts";
import type {
  ConformanceReport,
  ReportedCheck,
  ReportedFailure,
  ReportedLocation,
  ReportedRequirement,
} from "./conformance-report.ts";
import { causeKey, failedCases, onlyOne, sourcesOf, takesFromOthers } from "./consequent-checks.ts";

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
  /**
   * The requirement whose problem this one follows from: what it needs fails there, or both have one cause at one line. Undefined
   * for a problem of its own.
   */
  root: string | undefined;
}

/**
 * What an operator has to do, the worst first: by harm, then MUST before SHOULD, then in the order of the suites. What follows
 * from another problem names it.
 */
export function problemsOf({ requirements }: Pick<ConformanceReport, "requirements">): Problem[] {
  const problems = requirements
    .flatMap((requirement) => {
      const failed = requirement.checks.filter(({ outcome }) => outcome === "failed");
      const own = failed.filter(({ id }) => id.startsWith(`${requirement.id}/`));
      // A check that counts against several requirements is one problem, of the requirement in its id.
      const counted = own.length > 0 ? own : failed;
      const byOwner = Map.groupBy(counted, ownerOf);
      return [...byOwner].map(([owner, checks]) =>
        problem(requirement, owner, owner === "deployment" ? withConsequencesLast(checks) : checks),
      );
    })
    .toSorted((one, other) => rank(one) - rank(other));
  return withRoots(problems);
}

/** The problems that follow from a problem, in their order. */
export function consequencesOf(problems: readonly Problem[], { requirement, owner }: Problem): Problem[] {
  return problems.filter((one) => one.root === requirement.id && one.owner === owner);
}

/** For each problem that others follow from, one line that names them. */
export function consequenceLines(problems: readonly Problem[]): string[] {
  return problems.flatMap((problem) => {
    const consequences = consequencesOf(problems, problem).map(({ requirement }) => requirement.id);
    const verb = consequences.length === 1 ? "follows" : "follow";
    return consequences.length === 0
      ? []
      : [`${consequences.join(", ")} ${verb} from ${problem.requirement.id}: ${problem.what}`];
  });
}

/** The checks of a problem with those that others follow from first: the first one is what the problem is known by. */
function withConsequencesLast(checks: readonly ReportedCheck[]): readonly ReportedCheck[] {
  const sources = sourcesOf(checks);
  return checks.toSorted((one, other) => Number(sources.has(one.id)) - Number(sources.has(other.id)));
}

/**
 * Names for each problem the one that it follows from. Every failed case of a problem must follow from the same one, or have the
 * cause of it at the same line, so that an independent failure is never hidden below another.
 */
function withRoots(problems: readonly Problem[]): Problem[] {
  const own = problems.filter(({ owner }) => owner === "deployment");
  const byCheck = new Map(own.flatMap((one) => one.checks.map(({ id }) => [id, one] as const)));
  const byCause = new Map<string, Problem>();
  const needed = new Map<Problem, Problem>();
  for (const problem of own) {
    // What follows from another check of the same problem has no cause of its own.
    const details = detailsOf(problem).filter(({ follows }) => follows === null || byCheck.get(follows) !== problem);
    const root = onlyOne(
      details.map((detail) => {
        const { follows } = detail;
        const followed = follows === null ? undefined : explaining(byCheck.get(follows), follows);
        return followed ?? byCause.get(causeKey(detail) ?? "");
      }),
    );
    const cause = onlyOne(details.map(causeKey));
    if (root !== undefined) needed.set(problem, root);
    else if (cause !== undefined) byCause.set(cause, problem);
  }
  return problems.map((problem) => {
    let root = needed.get(problem);
    const passed = new Set([problem]);
    while (root !== undefined && !passed.has(root) && needed.has(root)) {
      passed.add(root);
      root = needed.get(root);
    }
    return root === undefined || passed.has(root) ? problem : { ...problem, root: root.requirement.id };
  });
}

/** The problem of a check that others need, where its failure takes something from them. */
function explaining(problem: Problem | undefined, check: string): Problem | undefined {
  const needed = problem?.checks.find(({ id }) => id === check);
  return needed !== undefined && takesFromOthers(needed) ? problem : undefined;
}

/** The failures of a problem, or the failed cases of those that try several. */
function detailsOf({ checks }: Problem): ReportedFailure[] {
  return checks.flatMap(failedCases);
}

/** The failure's own texts, or those of its first case that has them. */
export function detailOf<Field extends "location" | "cause" | "expected" | "actual">(
  failures: readonly ReportedFailure[],
  field: Field,
): NonNullable<ReportedFailure[Field]> | undefined {
  const details = failures.flatMap((failure) => [failure, ...failure.cases]);
  return details.find((one) => one[field] !== null)?.[field] ?? undefined;
}

/** The line of the first detail that has a cause and a line; of those without a cause, the first line. */
function locationOf(failures: readonly ReportedFailure[]): ReportedLocation | undefined {
  const details = failures.flatMap((failure) => [failure, ...failure.cases]);
  const explained = details.find(({ cause }) => cause !== null);
  return explained?.location ?? detailOf(failures, "location");
}

/** What to do about the first of the failures, or of their cases, that has a cause or a fix: never about another case. */
export function fixOf(failures: readonly ReportedFailure[]): string | undefined {
  const details = failures.flatMap((failure) => [failure, ...failure.cases]);
  return details.find(({ cause, fix }) => cause !== null || fix !== null)?.fix ?? undefined;
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
    location: owner === "deployment" ? locationOf(failures) : undefined,
    cause: detailOf(failures, "cause"),
    fix: fixOf(failures),
    root: undefined,
  };
}

function rank({ requirement: { harm, level }, owner }: Problem): number {
  const worst: Harm = harm;
  return Number(owner === "suite") * 1_000 + harms.indexOf(worst) * 10 + Number(!level.startsWith("MUST"));
}
