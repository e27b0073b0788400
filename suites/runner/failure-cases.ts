import { textOfCases } from "../../helpers/checks/cases.ts";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";

/**
 * A failure with a better explanation: of each failed case, where the check tries several, else of the whole failure.
 *
 * @param exchanges those of the check
 * @param explain gets the exchanges that are evidence of what it explains: all of the check's for a failure that names none, and
 *   none for such a case, which looks like every other one without. It returns the details that it got where it knows nothing better.
 * @returns the same details where nothing is explained better
 */
export async function explainEach(
  details: FailureDetails,
  exchanges: readonly Exchange[],
  explain: (one: FailureDetails, shown: readonly Exchange[]) => FailureDetails | Promise<FailureDetails>,
): Promise<FailureDetails> {
  const { cases } = details;
  const ids = details.evidence?.exchanges ?? [];
  if (cases === undefined) return await explain(details, ids.length === 0 ? exchanges : only(exchanges, ids));
  const all = await Promise.all(
    cases.map(async (one) => await explain(one, only(exchanges, one.evidence?.exchanges ?? []))),
  );
  const [first] = all;
  if (first === undefined || all.every((one, index) => one === cases[index])) return details;
  // The summary of several cases has their texts.
  const summary = details.summary.replace(textOfCases(cases), () => textOfCases(all));
  const { location: _, follows: __, cause: ___, fix: ____, ...rest } = details;
  const followed = new Set(all.map(({ follows }) => follows));
  return {
    ...rest,
    summary,
    cases: all,
    ...(first.location === undefined ? {} : { location: first.location }),
    ...(followed.size === 1 && first.follows !== undefined ? { follows: first.follows } : {}),
  };
}

function only(exchanges: readonly Exchange[], ids: readonly string[]): Exchange[] {
  return exchanges.filter(({ id }) => ids.includes(id));
}
