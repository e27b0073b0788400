import { expect, test } from "vitest";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { agentChanges } from "./agent-changes.ts";
import { agentNetworks, lanNetwork } from "./gateway-networks.ts";

const model = "http://litellm.linuxserver.lan/v1";

/** The reference with another address of models in Codex's config. */
async function withModelAt<T>(url: string, use: (deployment: Deployment) => T, from = "lan"): Promise<T> {
  using copy = patchedCopy("deployments/reference", [
    { file: "clients/codex/config.toml", find: model, replace: url },
    { file: "policy.yaml", find: "version: 0.169.0, from: lan", replace: `version: 0.169.0, from: ${from}` },
  ]);
  return use(await loadDeployment(copy.folder));
}

test("Codex is on the LAN, and on LiteLLM's network in addition where it calls the gateway's host", async () => {
  expect(await withModelAt(model, agentNetworks)).toEqual([lanNetwork]);
  expect(await withModelAt(model, agentNetworks, "traefik-network")).toEqual(["traefik-net"]);
  expect(await withModelAt("http://localhost:4000/v1", agentNetworks)).toEqual([lanNetwork, "traefik-net"]);
  expect(await withModelAt("http://localhost:4001/v1", agentNetworks)).toEqual([lanNetwork]);
});

test("each address of the host in Codex's config is a change of the run", async () => {
  expect(await withModelAt(model, agentChanges)).toEqual([]);
  expect(await withModelAt("http://localhost:4000/v1", agentChanges)).toEqual([
    {
      where: "clients/codex/config.toml:12",
      what: "http://litellm:4000/v1 in the place of http://localhost:4000/v1, in the copy that Codex gets",
      why: "Codex runs in a container, where an address of the host does not lead to litellm",
    },
  ]);
});
