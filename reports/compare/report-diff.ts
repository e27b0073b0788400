import type { ComparableReport } from "../model/read-report.ts";

/** What changed between two runs. */
export interface ReportDifference {
  /** `ROUTE-03: passed → failed`, and what it means. */
  worse: readonly RequirementChange[];
  better: readonly RequirementChange[];
  /** Neither better nor worse: not tried in one of the runs, or not supported. */
  other: readonly RequirementChange[];
  /** Parts, the engine, the suite and the deployment, where they are not the same. */
  changed: readonly ComponentChange[];
  /** Verdicts, where they are not the same. */
  result: { before: string; after: string } | undefined;
}

export interface RequirementChange {
  id: string;
  statement: string;
  /** Undefined where the run did not know the requirement. */
  before: string | undefined;
  after: string | undefined;
  /** Of the newer run's first check with that outcome. */
  message: string | undefined;
}

export interface ComponentChange {
  name: string;
  /** Version and digest; undefined where the run had none. */
  before: string | undefined;
  after: string | undefined;
}

/** From the worst to the best that can be said of a requirement; what is not here says nothing about it. */
const rank: Readonly<Record<string, number>> = { failed: 0, "known-gap": 1, "not-supported": 2, passed: 3 };

/** Compares two reports, the older one first. */
export function reportDifference(before: ComparableReport, after: ComparableReport): ReportDifference {
  const old = new Map(before.requirements.map((requirement) => [requirement.id, requirement]));
  const now = new Map(after.requirements.map((requirement) => [requirement.id, requirement]));
  const changes = [...new Set([...now.keys(), ...old.keys()])].flatMap((id): RequirementChange[] => {
    const [was, is] = [old.get(id), now.get(id)];
    if (was?.outcome === is?.outcome) return [];
    const message = is?.checks.find(({ outcome }) => outcome === is.outcome)?.message ?? undefined;
    const statement = (is ?? was)?.statement ?? "";
    return [{ id, statement, before: was?.outcome, after: is?.outcome, message }];
  });
  const direction = ({ before: was = "", after: is = "" }: RequirementChange): number => {
    const [from, to] = [rank[was], rank[is]];
    if (to === undefined) return 0;
    // A failure that nobody had looked for before is worse news than none.
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

/** The difference in words; a failure's first line with it. */
export function differenceText(difference: ReportDifference): string {
  const { worse, better, other, changed, result } = difference;
  const requirements = (title: string, changes: readonly RequirementChange[]): string[] =>
    changes.length === 0
      ? []
      : [
          `${title}:`,
          ...changes.flatMap(({ id, statement, before, after, message }) => [
            `  ${id}: ${before ?? "unknown"} → ${after ?? "unknown"}: ${statement}`,
            ...(message === undefined ? [] : [`    ${message.split("\n")[0]}`]),
          ]),
        ];
  const lines = [
    ...requirements("worse", worse),
    ...requirements("better", better),
    ...requirements("otherwise", other),
    ...(changed.length === 0 ? [] : ["changed in between:"]),
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
