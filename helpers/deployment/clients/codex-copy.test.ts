import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import type { Deployment, PolicyClient } from "../types.ts";
import { asTheRunCalls, codexCopy, movedAddresses, otherServers } from "./codex-copy.ts";

const file = "clients/codex/config.toml";

function codexOf({ policy }: Deployment): PolicyClient {
  const found = policy.clients.find(({ kind }) => kind === "codex");
  if (found === undefined) throw new Error("the policy names no Codex");
  return found;
}

/** `file:line from -> to` of the addresses that differ in the copy that Codex gets. */
async function movedIn(find: string, replace: string): Promise<string[]> {
  using copy = patchedCopy("deployments/reference", [{ file, find, replace }]);
  const deployment = await loadDeployment(copy.folder);
  return movedAddresses(deployment).map(
    ({ from, to, service, location }) =>
      `${relative(copy.folder, location.file)}:${location.line} ${from} -> ${to} (${service.key})`,
  );
}

test("in a config a run calls LiteLLM by its name", async () => {
  const config = 'base_url = "http://localhost:4000/v1"\nurl = "http://localhost:4001/mcp/"\n';
  const deployment = await loadDeployment("deployments/reference");
  expect(asTheRunCalls(deployment, codexOf(deployment), config)).toBe(
    'base_url = "http://litellm:4000/v1"\nurl = "http://localhost:4001/mcp/"\n',
  );
});

test("what differs in Codex's copy has its line; a comment does not count", async () => {
  const comment = "# With the slash: 1.77.1 redirects `/mcp`.";
  expect(await movedIn("http://litellm.linuxserver.lan/v1", "http://localhost:4000/v1")).toEqual([
    `${file}:12 http://localhost:4000/v1 -> http://litellm:4000/v1 (litellm)`,
  ]);
  expect(await movedIn(comment, "# http://localhost:4000/mcp/")).toEqual([]);
  expect(await movedIn(comment, 'other = "http://localhost:4000/mcp/"')).toHaveLength(1);
});

const context7 = '[mcp_servers.context7]\ncommand = "npx"\n\n[mcp_servers.context7.env]\nA = "b"\n';
// The env file has no such variable: the key is not the gateway's.
const github = '[mcp_servers."git-hub"]\nurl = "https://api.example.com/mcp/"\nbearer_token_env_var = "GITHUB_PAT"\n';
const keyless = github.replace(/bearer.*\n/, "");

test("servers that are not the gateway are left out of the copy, and no line moves", async () => {
  using copy = patchedCopy("deployments/reference", [
    { file, find: "[mcp_servers.litellm]", replace: `${context7}${github}[mcp_servers.litellm]` },
  ]);
  const deployment = await loadDeployment(copy.folder);
  const codex = codexOf(deployment);
  const text = readFileSync(codex.config ?? "", "utf8");
  const copied = codexCopy(deployment, codex, text);
  expect(copied).not.toMatch(/context7|npx|git-hub|api\.example/);
  expect(copied).toContain("[mcp_servers.litellm]\n# With the slash");
  expect(copied.split("\n")).toHaveLength(text.split("\n").length);
  expect(otherServers(deployment).map(({ name, location }) => `${name}:${location.line}`)).toEqual([
    "context7:17",
    "git-hub:22",
  ]);
});

test("where no server is the gateway, none is left out", async () => {
  using copy = patchedCopy("deployments/reference", [
    { file, find: "litellm.linuxserver.lan/mcp/", replace: "litelm.linuxserver.lan/mcp/" },
    { file, find: "[mcp_servers.litellm]", replace: `${keyless}[mcp_servers.litellm]` },
  ]);
  const deployment = await loadDeployment(copy.folder);
  expect(otherServers(deployment)).toEqual([]);
});

test("where no server is the gateway, each must have its key from the env file", async () => {
  using copy = patchedCopy("deployments/reference", [
    { file, find: "litellm.linuxserver.lan/mcp/", replace: "litelm.linuxserver.lan/mcp/" },
    { file, find: "[mcp_servers.litellm]", replace: `${github}[mcp_servers.litellm]` },
  ]);
  await expect(loadDeployment(copy.folder)).rejects.toThrow(/config\.toml:19: .*'GITHUB_PAT', which the env file/);
});
