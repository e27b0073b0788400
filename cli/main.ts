import { Command } from "commander";
import { keepCompiledModules } from "../helpers/run/compile-cache.ts";
import { addAuthCheck } from "./auth-check.ts";
import { addBench } from "./bench.ts";
import { addDocs } from "./docs.ts";
import { exitCodeOf } from "./exit-code.ts";
import { addInit } from "./init.ts";
import { addLanCheck } from "./lan-check.ts";
import { addMutate } from "./mutate.ts";
import { addOnboard } from "./onboard.ts";
import { addReportDiff } from "./report-diff.ts";
import { addReportExample } from "./report-example.ts";
import { addReportPublish } from "./report-publish.ts";
import { addSoak } from "./soak.ts";

// Commands load their modules when they are called; half of the time of a short command is Node's compilation of them.
keepCompiledModules();

const program = new Command()
  .name("npm run")
  .description("Everything except the conformance run itself, which is `npm test`.")
  // The npm script of a command has its name, and runs it with the Node of the dependencies.
  .configureHelp({
    commandUsage: (command) =>
      command.parent === null ? "npm run COMMAND -- --help" : `npm run ${command.name()} -- ${command.usage()}`,
  })
  .showHelpAfterError("(`npm run COMMAND -- --help` lists the options)")
  .addHelpText(
    "after",
    `
Exit codes: 0 success, 1 the criterion of the command is not met, 2 wrong usage or an invalid deployment,
3 the environment failed`,
  )
  // Its own exit code for wrong usage is 1, which here means not conformant.
  .exitOverride();

for (const add of [
  addInit,
  addOnboard,
  addMutate,
  addSoak,
  addBench,
  addReportDiff,
  addReportPublish,
  addReportExample,
  addDocs,
  addLanCheck,
  addAuthCheck,
])
  add(program);

try {
  await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
