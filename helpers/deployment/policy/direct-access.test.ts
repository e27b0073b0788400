import { join } from "node:path";
import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { loadDeployment } from "../load.ts";
import { originOf } from "../services/origins.ts";
import { FaultList } from "../source/fault-list.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { validate } from "../validate.ts";
import { readPolicy } from "./read-policy.ts";

const direct = "deployments/examples/direct";

function checked(...patches: Patch[]): { faults: string[]; notes: string[] } {
  using copy = patchedCopy(direct, patches);
  const faults = new FaultList();
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  const facts = readFacts(copy.folder, { envFile: policy.envFile });
  validate(policy, facts, faults);
  return { faults: faults.faults.map(({ what }) => what), notes: facts.notes.notes.map(({ what }) => what) };
}

const access = (rule: string): Patch => ({ file: "policy.yaml", find: "- { who: litellm }", replace: rule });

test("a gateway without Traefik is called by the port that LiteLLM publishes", async () => {
  const deployment = await loadDeployment(direct);
  expect(deployment.traefik).toBeUndefined();
  expect(deployment.policy.hosts.map((host) => originOf(deployment, host))).toEqual(["http://llm.home.lan:4000"]);
});

test("a host without access is judged by LiteLLM", async () => {
  using copy = patchedCopy(direct, [
    {
      file: "policy.yaml",
      find: "    access:\n      - { paths: [/health/liveliness], who: anyone, why: the container's health check }\n      - { who: litellm }\n",
      replace: "",
    },
  ]);
  const { policy } = await loadDeployment(copy.folder);
  expect(policy.hosts[0]?.access?.map(({ who }) => who)).toEqual(["litellm"]);
});

test("what only a Traefik could do is at fault", () => {
  expect(checked().faults).toEqual([]);
  expect(checked(access("- { who: bearer }")).faults).toEqual([
    "'who: bearer' is decided in front of LiteLLM, and the deployment has no Traefik",
  ]);
  expect(
    checked({ file: "policy.yaml", find: "scheme: http", replace: "scheme: http\n    entry_point: web" }).faults,
  ).toEqual(["the host 'llm.home.lan' names the entry point 'web', and the deployment has no Traefik"]);
});

test("a Traefik that the policy does not name is not proved", () => {
  const proxy: Patch = {
    file: "compose.yaml",
    find: "services:\n",
    replace: "services:\n  proxy:\n    image: traefik:v3.5.3\n",
  };
  expect(checked(proxy).notes).toContain("the service 'proxy' looks like Traefik, and the policy does not name it");
});
