import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import type { SourceLocation } from "../../helpers/deployment/types.ts";
import type { Leak } from "../../helpers/run/run-record.ts";
import { check } from "../runner/check.ts";

check({
  id: "INJ-09/secrets-in-place",
  requirements: ["INJ-09"],
  title: "each secret is only where the policy allows it, in everything that the run has and has written",
  needs: ["secretSearch"],
  async run({ secretSearch, evidence }) {
    const { leaks, searched } = await secretSearch.search();
    if (searched === 0) {
      throw new CheckFailure({
        summary: "the search for secrets read no source, so it proves nothing",
        code: "nothing-searched",
        expected: "at least one label, environment, log, dump or file searched",
        actual: "none",
        cause: "no part was running any more when the search began",
      });
    }
    if (leaks.length > 0) {
      const expected = "each secret only where the policy allows it";
      const cause = "the deployment's files put the secret there, or a part prints or stores it";
      const fix = "remove the secret from there, or allow the place under the secret's 'may_be_in' in the policy";
      const found = leaks.map(({ secret, location }) => `${secret}: ${location}`);
      throw new CheckFailure({
        summary: ["secrets are in places where the policy does not allow them:", ...found].join("\n  "),
        code: "secret-out-of-place",
        expected,
        actual: found.join("\n"),
        cause,
        fix,
        ...locationOf(leaks),
        cases: leaks.map(({ secret, location, at, isLiteral }, index) => ({
          summary: `${secret} is in a place where the policy does not allow it: ${location}`,
          code: "secret-out-of-place",
          case: found[index] ?? secret,
          expected,
          actual: location,
          cause: isLiteral ? "the file has the secret itself instead of the name of a variable" : cause,
          fix: isLiteral ? "put it into an env file or a secret of compose, and name the variable here" : fix,
          ...(at === undefined ? {} : { location: at }),
        })),
      });
    }
    evidence.finding(
      `Every secret is only where the policy allows it: ${searched} labels, environments, logs, dumps and files were searched.`,
    );
  },
});

/** The first line of the deployment that is known to put a secret there. */
function locationOf(leaks: readonly Leak[]): { location?: SourceLocation } {
  const at = leaks.find((leak) => leak.at !== undefined)?.at;
  return at === undefined ? {} : { location: at };
}
