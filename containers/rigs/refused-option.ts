import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { nearest } from "../../helpers/core/text/nearest.ts";
import type { ComposeService } from "../../helpers/deployment/types.ts";

/**
 * What LiteLLM's command line says of a word that it does not accept, as the last line of its log. Measured with 1.77.1, 1.99.0 and
 * 1.106.2, whose versions of click quote differently.
 */
const refusal =
  /^Error: ((?:No such option|Invalid value for|Unknown command|Got unexpected extra argument|Option '[^']+' requires).*)$/;

/** A mistyped word of LiteLLM's command, at its line; undefined where the log does not end with one, or no file has the word. */
export function refusedOption(
  log: readonly string[],
  { name, commandWords }: Pick<ComposeService, "name" | "commandWords">,
  version: string | undefined,
): CheckFailure | undefined {
  const [, said] = refusal.exec(log.at(-1)?.trim() ?? "") ?? [];
  if (said === undefined) return undefined;
  const [, word = ""] = /(--?[\w-]+)/.exec(said) ?? /[:(] ?'?([^\s')]+)/.exec(said) ?? [];
  const written = commandWords.find(({ value }) => value === word || value.startsWith(`${word}=`));
  if (written === undefined) return undefined;
  const [, like] = /(?:Did you mean|Possible options?)[^-]*(--?[\w-]+(?:'?, '?--?[\w-]+)*)/.exec(said) ?? [];
  const options = like?.match(/--?[\w-]+/g) ?? [];
  const meant = nearest(word, options) ?? options[0];
  return new CheckFailure({
    summary: `LiteLLM ${version} does not start with this command`,
    code: "does-not-start",
    expected: `${name} starts`,
    actual: said,
    cause: `LiteLLM's command line does not accept '${word}': ${said}`,
    location: written.location,
    fix: meant === undefined ? `correct or remove '${word}' in the command` : `write ${meant} in place of ${word}`,
    evidence: { received: log.slice(-3).join("\n") },
  });
}
