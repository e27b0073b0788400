import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { refusedArgument } from "./refused-argument.ts";

const usage = "usage: mcp-server-time [-h] [--local-timezone LOCAL_TIMEZONE]";

/** What is said of the server `time` of an example that has one option in another form. */
async function blameOf(option: string, output: string) {
  const patch = { file: "config.yaml", find: '"--local-timezone=UTC"', replace: `"${option}"` };
  using copy = patchedCopy("deployments/examples/swarm", [patch]);
  const found = refusedArgument(await loadDeployment(copy.folder), "time", output);
  const { location } = found ?? {};
  const line = location && readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();
  return found && { cause: found.cause, fix: found.fix, line };
}

test.for([
  ["--local_timezone=UTC", `${usage}\nerror: unrecognized arguments: --local_timezone=UTC`, "write '--local-timezone'"],
  ["--zone=UTC", `${usage}\nerror: unrecognized arguments: --zone=UTC`, undefined],
  ["--timezon=UTC", "error: unknown option '--timezon'\nOptions:\n  --timezone <name>", "write '--timezone'"],
])("an option that the command refuses is named: %s", async ([option = "", output = "", fix]) => {
  expect(await blameOf(option, output)).toEqual({
    cause: `its command refuses the option ${option.replace("=UTC", "")}`,
    fix,
    line: `args: ["mcp-server-time", "${option}"]`,
  });
});

test.for([
  "error: unrecognized arguments: --other",
  `${usage}\nerror: the zone --local-timezone=UTC does not exist`,
  "Connection closed",
])("nothing is said where the command does not refuse it: %s", async (output) => {
  expect(await blameOf("--local-timezone=UTC", output)).toBeUndefined();
});
