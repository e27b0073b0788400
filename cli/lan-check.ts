import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Command } from "commander";
import { ExitCode } from "../helpers/core/errors.ts";

/** It also runs without this command, on machines that have only Node and its folder. */
const script = join(import.meta.dirname, "..", "lan-check", "lan-check.mjs");

export function addLanCheck(program: Command): void {
  program
    .command("lan-check")
    .summary("check whether this machine reaches a gateway on its LAN")
    .argument("[arguments...]")
    // The script parses everything itself, --help too.
    .helpOption(false)
    .allowUnknownOption()
    .action((own: readonly string[]) => {
      const { status } = spawnSync(process.execPath, [script, ...own], { stdio: "inherit" });
      process.exitCode = status ?? ExitCode.environmentFailed;
    });
}
