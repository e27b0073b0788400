import { join } from "node:path";
import { expect, test } from "vitest";
import { readFacts } from "./facts.ts";
import { loadDeployment } from "./load.ts";
import { readPolicy } from "./policy/read-policy.ts";
import { FaultList } from "./source/fault-list.ts";
import { type Patch, patchedCopy } from "./source/patched-copy.ts";
import { validate } from "./validate.ts";

/** What is wrong with a policy and facts of two folders, each read by itself. */
function faultsOf(...patches: Patch[]): string[] {
  using copy = patchedCopy("deployments/reference", patches);
  const faults = new FaultList();
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  validate(policy, readFacts(copy.folder, { envFile: policy.envFile }), faults);
  return faults.faults.map(({ what }) => what);
}

test("the reference's policy agrees with its facts", () => {
  expect(faultsOf()).toEqual([]);
});

test("a policy that names what the facts do not have is at fault", () => {
  expect(
    faultsOf(
      { file: "policy.yaml", find: "entry_point: web, ", replace: "" },
      { file: "policy.yaml", find: "to: postgres, ports", replace: "to: postgress, ports" },
    ),
  ).toEqual([
    "the host 'litellm.linuxserver.lan' names no entry point",
    "'to: postgress' is neither gateway-host, lan, outside nor a service of compose.yaml",
  ]);
});

test("what the facts could not give is not compared", () => {
  expect(faultsOf({ file: "compose.yaml", write: "services: [" })).toEqual([]);
});

const config = "litellm/config.yaml";
const version = { file: "policy.yaml", find: "version: 2025.8.21" };

test.for([
  ["a letter less", "mcp-server-filesytem", [], true],
  ["two letters exchanged", "mcp-server-filesysetm", [], true],
  ["another program", "files-server", [], false],
  [
    "a program that LiteLLM may start by this name",
    "mcp-server-filesytem",
    [{ file: "compose.yaml", find: "postgres-mcp,mcp-server-filesystem", replace: "mcp-server-filesytem" }],
    false,
  ],
  [
    "a program whose package the policy names",
    "mcp-server-filesytem",
    [{ ...version, replace: "package: npm:files@2025.8.21" }],
    false,
  ],
] as const)("a command with %s", async ([_, command, patches, isFinding]) => {
  const find = "command: mcp-server-filesystem";
  using copy = patchedCopy("deployments/reference", [
    { file: config, find, replace: `command: ${command}` },
    ...patches,
  ]);
  const { facts } = await loadDeployment(copy.folder);
  const expected = {
    line: 26,
    what: `the upstream 'filesystem' runs '${command}', and nothing says which package has this command`,
    fix: expect.stringMatching(/^write 'mcp-server-filesystem', or name the package in the policy/),
    weight: "stops",
  };
  const found = facts.notes.notes.filter(({ what }) => what.includes(`runs '${command}'`));
  expect(found).toMatchObject(isFinding ? [expected] : []);
});
