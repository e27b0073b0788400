import { writeFileSync } from "node:fs";
import { command } from "../../helpers/core/command.ts";
import { ExitCode } from "../../helpers/core/errors.ts";
import { exampleFile, exampleStatus } from "./status-example.ts";

await command("usage: npm run report:example\nwrites the status document of deployments/as-found anew", async () => {
  writeFileSync(exampleFile, await exampleStatus());
  return ExitCode.conformant;
});
