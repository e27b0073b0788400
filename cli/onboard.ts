import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { ExitCode } from "../helpers/core/errors.ts";
import { runConfig } from "../helpers/core/run-config.ts";
import { progress } from "../helpers/core/terminal/progress.ts";
import { displayPath } from "../helpers/core/text/display-path.ts";
import { readCandidate } from "../onboard/candidate/read-candidate.ts";

/** The options as commander parses them. */
interface Flags {
  approve?: boolean;
  signKey?: string;
}

export function addOnboard(program: Command): void {
  program
    .command("onboard")
    .summary("the gate for a new upstream")
    .description(
      "Installs the MCP server of a candidate file twice, runs it with what it needs, on a network that leads to its declared hosts only, alone and " +
        "as an upstream of the deployment's LiteLLM and of the newest one, and judges the 31 items of GATE. docs/onboarding.md describes the file and the items.",
    )
    .argument("<file>", "the candidate file, e.g. candidates/prometheus.yaml")
    .option("--approve", "write the lock file: what was seen is approved")
    .option("--sign-key <file>", "sign the result with this private key (PEM, Ed25519 or ECDSA)")
    .action(async (path: string, flags: Flags) => {
      const candidate = readCandidate(resolve(path));
      const { readSigningKey, signStatement, testResultStatement } = await import("../onboard/report/attestation.ts");
      // A key that can't be used ends the run before anything is started.
      const key = flags.signKey === undefined ? undefined : readSigningKey(flags.signKey);
      const config = runConfig();
      // Loading the parts takes a second, which the help of all commands need not take.
      const { runGate } = await import("../onboard/gate/run-gate.ts");
      const { writeReports } = await import("../onboard/report/write-reports.ts");
      const { terminalText } = await import("../onboard/report/terminal.ts");
      const report = await runGate({ candidate, config, progress, isApproved: flags.approve === true });
      const folder = join(config.reports, "onboarding", candidate.name);
      writeReports(folder, report);
      if (key !== undefined) {
        const statement = testResultStatement(report, readFileSync(candidate.file));
        writeFileSync(join(folder, "onboarding.sigstore.json"), await signStatement(statement, key));
      }
      process.stdout.write(terminalText(report));
      console.log(`\nreport: ${displayPath(folder)}`);
      process.exitCode = report.verdict === "reject" ? ExitCode.notConformant : ExitCode.conformant;
    });
}
