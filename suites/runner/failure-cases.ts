import { type FailureDetails, failureText } from "../../helpers/checks/check-failure.ts";

/**
 * A failure with a better explanation: of each failed case, where the check tries several and a case has evidence of its own,
 * else of the whole failure.
 *
 * @param explain returns the details that it got where it knows nothing better
 * @returns the same details where nothing is explained better
 */
export async function explainEach(
  details: FailureDetails,
  explain: (one: FailureDetails) => FailureDetails | Promise<FailureDetails>,
): Promise<FailureDetails> {
  const { cases } = details;
  if (cases === undefined) return await explain(details);
  // Without evidence of its own, a case looks like every other one.
  const all = await Promise.all(
    cases.map(async (one) => (one.evidence?.exchanges === undefined ? one : await explain(one))),
  );
  const [first] = all;
  if (first === undefined || all.every((one, index) => one === cases[index])) return details;
  // The summary of several cases has the text of the first ones.
  const summary = all.reduce(
    (text, one, index) => text.replace(failureText(cases[index] ?? one), () => failureText(one)),
    details.summary,
  );
  const { location: _, follows: __, ...rest } = details;
  const followed = new Set(all.map(({ follows }) => follows));
  return {
    ...rest,
    summary,
    cases: all,
    ...(first.location === undefined ? {} : { location: first.location }),
    ...(followed.size === 1 && first.follows !== undefined ? { follows: first.follows } : {}),
  };
}
