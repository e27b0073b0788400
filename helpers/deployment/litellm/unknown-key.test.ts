import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { unknownKeyLine } from "./unknown-key.ts";

const config = (find: string, replace: string): Patch => ({ file: "litellm/config.yaml", find, replace });
const withoutModule = config("  custom_auth: scoped_keys.authenticate", "");
const answer = '{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}';

/** The line that is named in a changed copy of the reference. */
async function lineOf(patches: Patch[], body = answer, key?: string): Promise<string> {
  using copy = patchedCopy("deployments/reference", patches);
  const deployment = await loadDeployment(copy.folder);
  const found = unknownKeyLine(deployment, key ?? "sk-client", body);
  const line = found && readFileSync(found.location.file, "utf8").split("\n")[found.location.line - 1]?.trim();
  return line ?? "nothing";
}

test("a key that nothing knows: the master key's line, next to which custom_auth is missing", async () => {
  expect(await lineOf([withoutModule])).toBe("master_key: os.environ/LITELLM_MASTER_KEY");
});

test("a config without general_settings: its last line", async () => {
  const section = /general_settings:[\s\S]*/.exec(
    readFileSync("deployments/reference/litellm/config.yaml", "utf8"),
  )?.[0];
  expect(await lineOf([config(section ?? "", "")])).toBe("callbacks: scoped_keys.server_scope");
});

test("nothing for another answer, and with a custom_auth module", async () => {
  expect(await lineOf([withoutModule], '{"error":{"message":"Invalid model name"}}')).toBe("nothing");
  expect(await lineOf([])).toBe("nothing");
});
