import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../helpers/core/errors.ts";
import { runConfig } from "../helpers/core/run-config.ts";
import { displayPath } from "../helpers/core/text/display-path.ts";

/** The options as commander parses them. */
interface Flags {
  force?: boolean;
  stdout?: boolean;
  offline?: boolean;
}

export function addInit(program: Command): void {
  program
    .command("init")
    .summary("write a policy from a deployment")
    .description(
      "Writes DIR/policy.yaml: what holds for the gateway by its files and by the answers of its Traefik and its LiteLLM, " +
        "which are started on a throwaway network. A comment with QUESTION marks each value that is a guess.",
    )
    .argument("<dir>", "the folder with the compose files, or with their folders")
    .option("--force", "overwrite policy.yaml where there is one")
    .option("--stdout", "print the policy and write nothing")
    .option("--offline", "start nothing: derive the policy from the files alone")
    .action(async (directory: string, flags: Flags) => {
      const folder = resolve(directory);
      const file = join(folder, "policy.yaml");
      if (statSync(file, { throwIfNoEntry: false })?.isDirectory())
        throw new UsageError(`${displayPath(file)} is a directory; remove it, or rename it`);
      if (!flags.stdout && !flags.force && existsSync(file))
        throw new UsageError(`${displayPath(file)} exists; --force overwrites it, --stdout prints instead`);
      const config = runConfig();
      // Loading the rigs takes a second, which the help of all commands need not take.
      const { writePolicy } = await import("./init/write-policy.ts");
      await writePolicy({ folder, file, config, isOffline: flags.offline === true, isPrinted: flags.stdout === true });
    });
}
