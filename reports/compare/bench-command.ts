import { join } from "node:path";
import { parseArgs } from "node:util";
import { command, UsageError } from "../../helpers/core/command.ts";
import { ExitCode } from "../../helpers/core/errors.ts";
import { readReport } from "../model/read-report.ts";
import { benchOf, benchText } from "./bench.ts";

const usage =
  "usage: npm run bench -- [reports/latest/conformance.json] [--at-most 2]\n" +
  "the phases of a run by its own floor; exit code 1 where the whole run took more than so many floors";

await command(usage, async (args) => {
  const { values, positionals } = parsed(args);
  const [file = join(process.env.REPORTS ?? "reports/latest", "conformance.json"), ...others] = positionals;
  if (others.length > 0) throw new UsageError("one report is weighed");
  const atMost = values["at-most"] === undefined ? undefined : Number(values["at-most"]);
  if (atMost !== undefined && !(atMost > 0)) throw new UsageError(`--at-most ${values["at-most"]} is no ratio`);
  const bench = benchOf(readReport(file));
  console.log(benchText(bench));
  if (atMost === undefined) return ExitCode.conformant;
  if (bench.ratio === undefined) throw new UsageError("that run had no floor to be measured by: run every suite");
  return bench.ratio > atMost ? ExitCode.notConformant : ExitCode.conformant;
});

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { "at-most": { type: "string" } } });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
