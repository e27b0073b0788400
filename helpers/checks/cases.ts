import { CheckFailure, type FailureDetails } from "./check-failure.ts";

/** How many failed cases are shown in full, and how many more by name; the evidence has all of them. */
const shownInFull = 3;
const shownByName = 20;

/**
 * Runs every case concurrently and fails once, with each case that failed: one fault reads as one failure, and no case
 * hides another. An empty list fails (design, rule 4).
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
  const failures: (FailureDetails & { case: string; message: string })[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    if (!(outcome.reason instanceof CheckFailure)) throw outcome.reason;
    const { details, message } = outcome.reason;
    failures.push({ ...details, case: name(cases[index] as T), message });
  }
  const [first] = failures;
  if (first === undefined) return;
  const inFull = failures.slice(0, shownInFull).map((one) => `${one.case}: ${one.message}`);
  const others = failures.slice(shownInFull).map((one) => one.case);
  const rest = others.length > shownByName ? ` · and ${others.length - shownByName} others` : "";
  const more =
    others.length > 0 ? `\nand ${others.length} more: ${others.slice(0, shownByName).join(" · ")}${rest}` : "";
  const codes = new Set(failures.map(({ code }) => code));
  const followed = new Set(failures.map(({ follows }) => follows));
  throw new CheckFailure({
    summary: `${what}: failed in ${failures.length} of ${cases.length} cases\n${inFull.join("\n")}${more}`,
    expected: `0 failed cases of ${cases.length}`,
    actual: `${failures.length} failed cases of ${cases.length}`,
    ...(codes.size === 1 && first.code !== undefined ? { code: first.code } : {}),
    ...(first.location === undefined ? {} : { location: first.location }),
    ...(followed.size === 1 && first.follows !== undefined ? { follows: first.follows } : {}),
    cases: failures.map(({ message: _, ...details }) => details),
  });
}
