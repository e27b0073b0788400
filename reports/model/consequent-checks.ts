import type { ReportedCheck, ReportedFailure } from "./conformance-report.ts";

/**
 * The checks of one requirement that fail because another one of them does, by id, with that one: every failed case follows from
 * it, or has the same cause at the same line as every case of it.
 *
 * @param checks failed ones of one requirement
 */
export function sourcesOf(checks: readonly ReportedCheck[]): ReadonlyMap<string, ReportedCheck> {
  const needed = new Map<string, ReportedCheck>();
  for (const check of checks) {
    const id = onlyOne(failedCases(check).map(({ follows }) => follows ?? undefined));
    const source = checks.find((one) => one !== check && one.id === id && takesFromOthers(one));
    if (source !== undefined) needed.set(check.id, source);
  }
  const byCause = new Map<string, ReportedCheck>();
  for (const check of checks) {
    const cause = onlyOne(failedCases(check).map(causeKey));
    if (cause === undefined || needed.has(check.id)) continue;
    const source = byCause.get(cause);
    if (source === undefined) byCause.set(cause, check);
    else needed.set(check.id, source);
  }
  return new Map(
    [...needed].flatMap(([id, source]) => {
      const first = firstSource(needed, id, source);
      return first === undefined ? [] : [[id, first] as const];
    }),
  );
}

/** What the source itself follows from; undefined where it follows from the check. */
function firstSource(
  needed: ReadonlyMap<string, ReportedCheck>,
  id: string,
  source: ReportedCheck,
): ReportedCheck | undefined {
  const passed = new Set([id]);
  let first = source;
  for (let next = needed.get(first.id); next !== undefined && !passed.has(first.id); next = needed.get(first.id)) {
    passed.add(first.id);
    first = next;
  }
  return passed.has(first.id) ? undefined : first;
}

/** Codes of failures by which something is there that should not be. */
const surplus: ReadonlySet<string> = new Set(["unnamed-server", "extra-tools", "duplicate-tools"]);

/**
 * Whether a check's failure takes something from the checks that need it. A catalogue that offers too much keeps no tool from being
 * called: what fails next to it has another cause.
 */
export function takesFromOthers({ failure }: ReportedCheck): boolean {
  return !surplus.has(failure?.code ?? "");
}

/** The failed cases of a check; its failure, where it does not try several. */
export function failedCases({ failure }: ReportedCheck): readonly ReportedFailure[] {
  if (failure === null) return [];
  return failure.cases.length === 0 ? [failure] : failure.cases;
}

/** A cause at a line of the deployment; undefined for a failure without both. */
export function causeKey({ cause, location }: ReportedFailure): string | undefined {
  return cause === null || location === null ? undefined : `${location.file}:${location.line} ${cause}`;
}

/** The value that all are; undefined where they differ, and for none. */
export function onlyOne<T>(values: readonly (T | undefined)[]): T | undefined {
  const [first] = values;
  return values.every((value) => value === first) ? first : undefined;
}
