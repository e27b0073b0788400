import { CheckFailure, type FailureDetails, failureText } from "./check-failure.ts";

/** How many failed cases are shown in full, and how many more by name in one list; the evidence has all of them. */
const shownInFull = 3;
const shownByName = 20;

/**
 * Runs every case concurrently and fails once, with each case that failed: one fault reads as one failure, and no case
 * hides another. Of cases with the same cause, place and fix the first one is shown in full. An empty list fails (design,
 * rule 4).
 *
 * @param what the sentence that should hold for each case
 * @param name names a case in the failure
 * @throws {CheckFailure} with the first cases in full and the details of all; an error of another kind passes through
 */
export async function forEachCase<T>(
  what: string,
  cases: readonly T[],
  name: (one: T) => string,
  check: (one: T) => Promise<void>,
): Promise<void> {
  if (cases.length === 0) {
    throw new CheckFailure({
      summary: `${what}: there is no case to try`,
      code: "no-case",
      expected: "at least one case",
      actual: "none: the policy or the deployment has nothing of the kind",
    });
  }
  const outcomes = await Promise.allSettled(cases.map(check));
  const failures: FailureDetails[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    if (!(outcome.reason instanceof CheckFailure)) throw outcome.reason;
    failures.push({ ...outcome.reason.details, case: name(cases[index] as T) });
  }
  const [first] = failures;
  if (first === undefined) return;
  const codes = new Set(failures.map(({ code }) => code));
  const followed = new Set(failures.map(({ follows }) => follows));
  throw new CheckFailure({
    summary: `${what}: failed in ${failures.length} of ${cases.length} cases\n${textOfCases(failures)}`,
    expected: `0 failed cases of ${cases.length}`,
    actual: `${failures.length} failed cases of ${cases.length}`,
    ...(codes.size === 1 && first.code !== undefined ? { code: first.code } : {}),
    ...(first.location === undefined ? {} : { location: first.location }),
    ...(followed.size === 1 && first.follows !== undefined ? { follows: first.follows } : {}),
    cases: failures,
  });
}

/** Failed cases as an operator reads them: the first of each cause in full, the others by name. */
export function textOfCases(failures: readonly FailureDetails[]): string {
  const groups = groupedByCause(failures);
  const inFull = groups.slice(0, shownInFull).map(([one, ...others]) => {
    const likewise = others.length > 0 ? `\n  same cause:   ${namesOf(others)}` : "";
    return `${one.case}: ${failureText(one)}${likewise}`;
  });
  const others = groups.slice(shownInFull).flat();
  const more = others.length > 0 ? `\nand ${others.length} more: ${namesOf(others)}` : "";
  return `${inFull.join("\n")}${more}`;
}

/** Cases with the same cause, place and fix; a case without a cause is alone. In the order of the first ones. */
function groupedByCause(failures: readonly FailureDetails[]): [FailureDetails, ...FailureDetails[]][] {
  const groups = new Map<string, [FailureDetails, ...FailureDetails[]]>();
  for (const [index, failure] of failures.entries()) {
    const { cause, location, fix } = failure;
    const key = cause === undefined ? `${index}` : JSON.stringify([cause, location?.file, location?.line, fix]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [failure]);
    else group.push(failure);
  }
  return [...groups.values()];
}

function namesOf(failures: readonly FailureDetails[]): string {
  const shown = failures.slice(0, shownByName).map((one) => one.case);
  const rest = failures.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} others`] : [])].join(" · ");
}
