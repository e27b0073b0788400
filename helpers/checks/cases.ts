import { CheckFailure } from "./check-failure.ts";

/** How many failed cases are told in full, and how many more by name; the evidence holds all of them. */
const toldInFull = 3;
const namedOnly = 20;

/**
 * Runs every case side by side and fails once, naming each case that failed: one fault reads as one failure, and no case
 * hides behind another. An empty list fails (design, rule 4).
 *
 * @param what the sentence that should hold for each case
 * @param name names a case in the failure
 * @throws {CheckFailure} with the first cases in full; an error of another kind passes through as it is
 */
export async function forEachCase<T>(
  what: string,
  cases: readonly T[],
  name: (one: T) => string,
  check: (one: T) => Promise<void>,
): Promise<void> {
  if (cases.length === 0) throw new CheckFailure({ what: `${what}: there is not one case to try` });
  const outcomes = await Promise.allSettled(cases.map(check));
  const failures: { name: string; failure: CheckFailure }[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    if (!(outcome.reason instanceof CheckFailure)) throw outcome.reason;
    failures.push({ name: name(cases[index] as T), failure: outcome.reason });
  }
  const [first] = failures;
  if (first === undefined) return;
  const told = failures.slice(0, toldInFull).map((one) => `${one.name}: ${one.failure.message}`);
  const others = failures.slice(toldInFull).map((one) => one.name);
  const rest = others.length > namedOnly ? ` · and ${others.length - namedOnly} others` : "";
  const more = others.length > 0 ? `\nand ${others.length} more: ${others.slice(0, namedOnly).join(" · ")}${rest}` : "";
  throw new CheckFailure({
    ...(first.failure.story.location === undefined ? {} : { location: first.failure.story.location }),
    cases: failures.slice(0, toldInFull).map((one) => one.failure.story),
    what: `${what}: not so in ${failures.length} of ${cases.length} cases\n${told.join("\n")}${more}`,
  });
}
