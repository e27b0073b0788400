import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { command, UsageError } from "../../helpers/core/command.ts";
import { ExitCode } from "../../helpers/core/errors.ts";
import { publishRun } from "./publish-run.ts";

/** How many runs a folder keeps, unless it is told. */
const defaultLimit = 50;

const usage =
  "usage: npm run report:publish -- DIR [--from reports/latest] [--keep 50]\n" +
  "adds a run to a folder of runs that any static host can serve; the oldest beyond the limit go";

await command(usage, async (args) => {
  const { values, positionals } = parsed(args);
  const [site, ...others] = positionals;
  if (site === undefined || others.length > 0) throw new UsageError("one folder of runs is named");
  const limit = Number(values.keep ?? defaultLimit);
  if (!Number.isInteger(limit) || limit < 1)
    throw new UsageError(`--keep ${values.keep} is no number of runs; name 1 or more`);
  const from = resolve(values.from ?? process.env.REPORTS ?? "reports/latest");
  console.log(`${site}/${await publishRun(from, resolve(site), limit)}`);
  return ExitCode.conformant;
});

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { from: { type: "string" }, keep: { type: "string" } },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
