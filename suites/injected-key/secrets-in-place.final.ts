import { readFileSync } from "node:fs";
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
      const found = leaks.map(({ secret, location }) => `${secret}: ${location}`);
      throw new CheckFailure({
        summary: ["secrets are in places where the policy does not allow them:", ...found].join("\n  "),
        code: "secret-out-of-place",
        expected,
        actual: found.join("\n"),
        ...causeOf(leaks[0]),
        ...locationOf(leaks),
        cases: leaks.map((leak, index) => ({
          summary: `${leak.secret} is in a place where the policy does not allow it: ${leak.location}`,
          code: "secret-out-of-place",
          case: found[index] ?? leak.secret,
          expected,
          actual: leak.location,
          ...causeOf(leak),
          ...(leak.at === undefined ? {} : { location: leak.at }),
          // A key that is added on the way is where the policy allows only its own: that is one fault.
          ...(!leak.isLiteral && isAddedHeader(leak.at) ? { follows: "INJ-03/injected-key-is-the-policys" } : {}),
        })),
      });
    }
    evidence.finding(
      `Every secret is only where the policy allows it: ${searched} labels, environments, logs, dumps and files were searched.`,
    );
  },
});

function causeOf(leak: Leak | undefined): { cause: string; fix: string } {
  if (leak?.at !== undefined && /^the log of \S+\/traefik$/.test(leak.location) && !/headers/i.test(lineAt(leak.at)))
    return {
      cause: "at this log level Traefik writes every label and middleware into its log, with the secrets in them",
      fix: "set the log level to INFO",
    };
  if (leak?.at !== undefined && isAnswer(leak))
    return {
      cause: "a middleware of Traefik adds the secret to the answer (customResponseHeaders): every caller gets it",
      fix: "remove the header, or write customRequestHeaders if LiteLLM is to get it",
    };
  return leak?.isLiteral
    ? {
        cause: "the file has the secret itself instead of the name of a variable",
        fix: "put it into an env file or a secret of compose, and name the variable here",
      }
    : {
        cause: "the deployment's files put the secret there, or a part prints or stores it",
        fix: "remove the secret from there, or allow the place under the secret's 'may_be_in' in the policy",
      };
}

/** Whether the secret was in an answer; its line is then the one by which Traefik adds it. */
function isAnswer({ location }: Leak): boolean {
  return location.startsWith("the answer ");
}

/** Whether the line of the deployment adds a header to requests. */
function isAddedHeader(at: SourceLocation | undefined): boolean {
  return at !== undefined && /customrequestheaders\.authorization/i.test(lineAt(at));
}

function lineAt({ file, line }: SourceLocation): string {
  return readFileSync(file, "utf8").split("\n")[line - 1] ?? "";
}

/** The first line of the deployment that is known to put a secret there. */
function locationOf(leaks: readonly Leak[]): { location?: SourceLocation } {
  const at = leaks.find((leak) => leak.at !== undefined)?.at;
  return at === undefined ? {} : { location: at };
}
