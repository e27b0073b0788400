import { join } from "node:path";
import { expect, test } from "vitest";
import { readFacts } from "./facts.ts";
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
