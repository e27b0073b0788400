import { messageOf } from "../model/check-result.ts";
import type { ComparableReport } from "../model/read-report.ts";

/** What changed between two runs. */
export interface ReportDifference {
  worse: readonly RequirementChange[];
  better: readonly RequirementChange[];
  /** Neither better nor worse: not tested in one of the runs, or not supported. */
  other: readonly RequirementChange[];
  /** Parts, the engine, the suite and the deployment, where they differ. */
  changed: readonly ComponentChange[];
  /** Verdicts, where they differ. */
  result: { before: string; after: string } | undefined;
}

/** A requirement whose outcome changed. */
export interface RequirementChange {
  id: string;
  statement: string;
  /** Outcome in the older run; undefined where that suite did not have the requirement. */
  before: string | undefined;
  /** Outcome in the newer run. */
  after: string | undefined;
  /** First line of why the newer run's first check with that outcome did not pass. */
  reason: string | undefined;
}

/** A part, the engine, the suite or the deployment, where it changed. */
export interface ComponentChange {
  name: string;
  /** Version and digest; undefined where the run had none. */
  before: string | undefined;
  after: string | undefined;
}

/** Outcomes from worst to best; `not-tested` says nothing about a requirement. */
const rank: Readonly<Record<string, number>> = { failed: 0, "known-gap": 1, "not-supported": 2, passed: 3 };

/** Compares two reports, the older one first. */
export function reportDifference(before: ComparableReport, after: ComparableReport): ReportDifference {
  const old = new Map(before.requirements.map((requirement) => [requirement.id, requirement]));
  const now = new Map(after.requirements.map((requirement) => [requirement.id, requirement]));
  const changes = [...new Set([...now.keys(), ...old.keys()])].flatMap((id): RequirementChange[] => {
    const [was, is] = [old.get(id), now.get(id)];
    if (was?.outcome === is?.outcome) return [];
    const decisive = is?.checks.find(({ outcome }) => outcome === is.outcome);
    const reason = decisive && (messageOf(decisive) ?? decisive.message)?.split("\n")[0];
    const statement = (is ?? was)?.statement ?? "";
    return [{ id, statement, before: was?.outcome, after: is?.outcome, reason }];
  });
  const direction = ({ before: was = "", after: is = "" }: RequirementChange): number => {
    const [from, to] = [rank[was], rank[is]];
    if (to === undefined) return 0;
    // A failure that no run tested before counts as worse.
    if (from === undefined) return is === "failed" ? -1 : 0;
    return to - from;
  };
  return {
    worse: changes.filter((change) => direction(change) < 0),
    better: changes.filter((change) => direction(change) > 0),
    other: changes.filter((change) => direction(change) === 0),
    changed: componentChanges(components(before), components(after)),
    result: before.result === after.result ? undefined : { before: before.result, after: after.result },
  };
}

/** The difference as text, with the first line of each failure. */
export function differenceText(difference: ReportDifference): string {
  const { worse, better, other, changed, result } = difference;
  const requirements = (title: string, changes: readonly RequirementChange[]): string[] =>
    changes.length === 0
      ? []
      : [
          `${title}:`,
          ...changes.flatMap(({ id, statement, before, after, reason }) => [
            `  ${id}: ${before ?? "unknown"} → ${after ?? "unknown"}: ${statement}`,
            ...(reason === undefined ? [] : [`    ${reason}`]),
          ]),
        ];
  const lines = [
    ...requirements("worse", worse),
    ...requirements("better", better),
    ...requirements("changed otherwise", other),
    ...(changed.length === 0 ? [] : ["changed between the runs:"]),
    ...changed.map(({ name, before, after }) => `  ${name}: ${before ?? "none"} → ${after ?? "none"}`),
    ...(result === undefined ? [] : [`result: ${result.before} → ${result.after}`]),
  ];
  return lines.length === 0 ? "no difference" : lines.join("\n");
}

/** Whether anything got worse, a requirement or the run as a whole. */
export function gotWorse({ worse, result }: ReportDifference): boolean {
  return worse.length > 0 || (result !== undefined && result.before === "conformant");
}

function components({ parts, engine, suiteVersion, deployment }: ComparableReport): Map<string, string> {
  return new Map([
    ["deployment", `${deployment.folder} ${shortDigest(deployment.digest)}`],
    ["suite", suiteVersion],
    ["engine", engine.version],
    ...parts.map(({ rig, name, version, digest }) => [`${rig}/${name}`, `${version} ${shortDigest(digest)}`] as const),
  ]);
}

function componentChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): ComponentChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ name, before: before.get(name), after: after.get(name) }))
    .filter(({ before: was, after: is }) => was !== is);
}

function shortDigest(digest: string): string {
  return /sha256:[0-9a-f]{12}/.exec(digest)?.[0] ?? digest;
}
