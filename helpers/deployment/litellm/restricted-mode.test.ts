import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { unrestrictedLine } from "./restricted-mode.ts";

const config = (find: string, replace: string): Patch => ({ file: "litellm/config.yaml", find, replace });
const args = '    args: ["--access-mode=restricted"]\n';

/** `line: cause` of the database's server in a changed copy of the reference. */
async function blameOf(...patches: Patch[]): Promise<string> {
  using copy = patchedCopy("deployments/reference", patches);
  const found = unrestrictedLine(await loadDeployment(copy.folder), "postgres");
  const line = found && readFileSync(found.location.file, "utf8").split("\n")[found.location.line - 1]?.trim();
  return found === undefined ? "nothing" : `${line}: ${found.cause}`;
}

test("a server without the option: its command", async () => {
  expect(await blameOf(config(args, ""))).toBe(
    "command: postgres-mcp: postgres is started without --access-mode, and postgres-mcp then lets every statement through",
  );
});

test("a server with another mode: its argument", async () => {
  const written = 'args: ["--access-mode=unrestricted"]';
  expect(await blameOf(config("=restricted", "=unrestricted"))).toBe(
    `${written}: postgres is started with --access-mode=unrestricted`,
  );
});

test("a server with the mode as an argument of its own", async () => {
  expect(await blameOf(config('["--access-mode=restricted"]', "[--access-mode, restricted]"))).toBe("nothing");
  expect(await blameOf(config('["--access-mode=restricted"]', "[--access-mode, unrestricted]"))).toMatch(
    /: postgres is started with --access-mode=unrestricted$/,
  );
});

test("a restricted server, and a server of another command: nothing", async () => {
  expect(await blameOf()).toBe("nothing");
  expect(await blameOf(config(args, ""), config("command: postgres-mcp", "command: other-mcp"))).toBe("nothing");
});
