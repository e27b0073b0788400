import { nearest } from "../../core/text/nearest.ts";
import type { Deployment } from "../types.ts";
import type { LiteLLMBlame } from "./module-lines.ts";

/** How the usual parsers of arguments (argparse, click, commander, yargs, clap) say that they do not know an option. */
const refusal = /unrecogni[sz]ed|unknown|unexpected|no such option|not recogni[sz]ed/i;

/**
 * The option of a server's command that the command refuses, by what it wrote: with the line of LiteLLM's config that has it, and
 * the option of its usage that may be meant. Undefined where it says nothing of the kind.
 *
 * @param output the command's own, e.g. `error: unrecognized arguments: --local_timezone=UTC`
 */
export function refusedArgument(
  { litellmConfig }: Pick<Deployment, "litellmConfig">,
  server: string,
  output: string,
): LiteLLMBlame | undefined {
  const refusing = output.split("\n").filter((line) => refusal.test(line));
  for (const { path, value } of litellmConfig.texts) {
    const [section, name, key] = path;
    if (section !== "mcp_servers" || name !== server || key !== "args") continue;
    const option = /^--?[\w-]+/.exec(value.value)?.[0];
    if (option === undefined || !refusing.some((line) => wordsOf(line).includes(option))) continue;
    const known = wordsOf(output).filter((one) => one !== option);
    const meant = nearest(option, known);
    return {
      cause: `its command refuses the option ${option}`,
      location: value.location,
      ...(meant === undefined ? {} : { fix: `write '${meant}'` }),
    };
  }
  return undefined;
}

/** The options in a text. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--?[a-z][\w-]*/gi)].map(([word]) => word);
}
