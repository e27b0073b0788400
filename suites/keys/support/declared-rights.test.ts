import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { type DeclaredRight, grantedGroups, openServers } from "./declared-rights.ts";

const config = "litellm/config.yaml";
const open: Patch = { file: config, find: "[documents]", replace: "[documents]\n    allow_all_keys: true" };

/** What is wrong in a changed example of virtual keys, each with the text of the line that is named. */
async function wrongIn(patches: readonly Patch[]): Promise<string[]> {
  using copy = patchedCopy("deployments/examples/virtual-keys", patches);
  const deployment = await loadDeployment(copy.folder);
  const found: DeclaredRight[] = [...openServers(deployment), ...grantedGroups(deployment)];
  return found.flatMap(({ failure }) => {
    if (failure?.location === undefined) return [];
    const { file, line } = failure.location;
    return `${failure.code} at ${readFileSync(file, "utf8").split("\n")[line - 1]?.trim()}`;
  });
}

test("nothing is wrong where the servers are for the identities of the policy", async () => {
  expect(await wrongIn([])).toEqual([]);
});

test("a server that is open to every key and granted to some is named by the switch", async () => {
  expect(await wrongIn([open])).toEqual(["open-server at allow_all_keys: true"]);
});

test.each([
  ["the policy says so", "    directory: /srv/mcp-files", "    directory: /srv/mcp-files\n    allow_all_keys: true"],
  [
    "every identity has it",
    // One identity, with every server.
    /identities:[\s\S]*?(?=# One worker)/,
    "identities:\n  - { name: everyone, servers: [filesystem, everything] }\n",
  ],
])("a server that is open to every key is right where %s", async (_, find, replace) => {
  const policy = readFileSync("deployments/examples/virtual-keys/policy.yaml", "utf8").replace(find, replace);
  expect(await wrongIn([open, { file: "policy.yaml", write: policy }])).toEqual([]);
});

test("an access group that no server has is named where a server has a name like it", async () => {
  const patch = { file: config, find: "[documents]", replace: "[document]" };
  expect(await wrongIn([patch])).toEqual(["group-without-server at access_groups: [document]"]);
});

test("an access group that nothing is like is named by the policy", async () => {
  const patch = { file: config, find: "    access_groups: [documents]\n", replace: "" };
  expect(await wrongIn([patch])).toEqual([
    "group-without-server at - { name: documents group, access_groups: [documents] }",
  ]);
});
