import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { requiredVariable } from "./required-variable.ts";

const config = (find: string, replace: string): Patch => ({ file: "litellm/config.yaml", find, replace });
const output =
  "ValueError: No database URL provided. Please specify via 'DATABASE_URI' environment variable or argument.";

/** What is said of a server of a changed copy of the reference. */
async function blameOf(server: string, text: string, ...patches: Patch[]) {
  using copy = patchedCopy("deployments/reference", patches);
  const found = requiredVariable(await loadDeployment(copy.folder), server, text);
  const line = found && readFileSync(found.location.file, "utf8").split("\n")[found.location.line - 1]?.trim();
  return found && { cause: found.cause, fix: found.fix, line };
}

test("a variable under another name: its line, and its right name", async () => {
  expect(await blameOf("postgres", output, config("DATABASE_URI:", "DATABASE_URL:"))).toEqual({
    cause: "its command asks for the variable DATABASE_URI, which the env of its entry does not set",
    fix: "rename DATABASE_URL to DATABASE_URI",
    line: "DATABASE_URL: os.environ/POSTGRES_MCP_URL",
  });
});

test.for([
  "Error: NOTES_API_KEY environment variable is required",
  "missing required environment variable: NOTES_API_KEY",
  "Error: environment variable `NOTES_API_KEY` must be set",
])("a server without an env: its command: %s", async (text) => {
  expect(await blameOf("filesystem", text)).toEqual({
    cause: "its command asks for the variable NOTES_API_KEY, which the env of its entry does not set",
    fix: "set NOTES_API_KEY in the env of filesystem",
    line: "command: mcp-server-filesystem",
  });
});

test.for([output, "Connection closed", "the environment is not ready: NOT_FOUND"])(
  "nothing is said where the entry has the variable, or none is asked for: %s",
  async (text) => expect(await blameOf("postgres", text)).toBeUndefined(),
);
