import { type Command, InvalidArgumentError, Option } from "commander";
import { runConfig } from "../helpers/core/run-config.ts";
import { loadRequirements, type RequirementId } from "../helpers/requirements/requirements.ts";
import { stageNames } from "../mutation/campaign/check-selection.ts";
import type { MutateOptions } from "../mutation/mutate.ts";
import { percentage, repeated, wholeNumber } from "./arguments.ts";

/** The options as commander parses them. */
interface Flags extends Omit<MutateOptions, "requirements" | "minimumScore"> {
  requirement?: readonly RequirementId[];
  atLeast: number;
}

export function addMutate(program: Command): void {
  program
    .command("mutate")
    .summary("break the deployment on purpose and count what the suite detects")
    .description(
      "Breaks a copy of the deployment (DEPLOYMENT), one fault at a time, and counts what the suite detects. Writes " +
        "reports/mutation/. Exit code 1 where too few mutants are detected.",
    )
    .option("--sample <n>", "try n mutants of all kinds, the same for the same --seed", wholeNumber(1))
    .option("--seed <text>", "of the sample", "1")
    .option("--only <text>", "the mutants whose kind or name contains the text; may be repeated", repeated)
    .option("--survivors", "only the mutants that survived the last run")
    .option(
      "--incremental",
      "continue from the last report: try what it lacks, and what has changed since, in the files or in their checks",
    )
    .addOption(new Option("--stage <stage>", "edge: only the edge rig; gateway: only the rest").choices(stageNames))
    .option(
      "--requirement <id>",
      "run only the checks of this requirement, and keep the last report; may be repeated; exit code 1 where one of " +
        "the requirements detects nothing",
      requirement,
    )
    .option("--all", "run every check of a mutant, rather than stop at the first that detects it")
    .option("--at-least <n>", "exit code 1 where fewer of a hundred mutants are detected", percentage, 97)
    .option("--list", "print the mutants and try none")
    .action(async ({ requirement: requirements, atLeast: minimumScore, ...flags }: Flags) => {
      // Loading the rigs takes a second, which the help of all commands need not take.
      const { mutate } = await import("../mutation/mutate.ts");
      process.exitCode = await mutate({ ...flags, requirements, minimumScore }, runConfig());
    });
}

function requirement(text: string, earlier: readonly RequirementId[] = []): RequirementId[] {
  const id = [...loadRequirements().keys()].find((known) => known === text);
  if (id === undefined) throw new InvalidArgumentError("suites/*/requirements.yaml have no such requirement.");
  return [...earlier, id];
}
