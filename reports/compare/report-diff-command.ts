import { command, UsageError } from "../../helpers/core/command.ts";
import { ExitCode } from "../../helpers/core/errors.ts";
import { readReport } from "../model/read-report.ts";
import { differenceText, gotWorse, reportDifference } from "./report-diff.ts";

const usage =
  "usage: npm run report:diff -- old.json new.json\n" +
  "what got better and worse between two runs, and what changed in between; exit code 1 if anything got worse";

await command(usage, async ([before, after, ...others]) => {
  if (before === undefined || after === undefined || others.length > 0)
    throw new UsageError("two reports are compared: the older one, then the newer one");
  const difference = reportDifference(readReport(before), readReport(after));
  console.log(differenceText(difference));
  return gotWorse(difference) ? ExitCode.notConformant : ExitCode.conformant;
});
