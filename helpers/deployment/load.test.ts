import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { smallDeployment } from "./infer/small-deployment.ts";
import { loadDeployment } from "./load.ts";
import { patchedCopy } from "./source/patched-copy.ts";

test.each(["deployments/reference", "deployments/as-found"])("%s loads", async (folder) => {
  const deployment = await loadDeployment(folder);
  expect(deployment.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(deployment.litellm.version).toBe("1.77.1");
  expect(deployment.traefik?.version).toBe("3.5.3");
  expect(deployment.litellmConfig.upstreams.map(({ name }) => name)).toEqual(["postgres", "filesystem"]);
  expect(deployment.policy.hosts.map(({ zone }) => zone)).toEqual(["internal", "external"]);
});

test("a secret is replaced wherever its variable is used, and where its value is pasted", async () => {
  using copy = patchedCopy("deployments/reference", [
    {
      file: "compose.yaml",
      find: "      DOCS_URL: /docs\n",
      replace: "      DOCS_URL: /docs\n      PASTED: Bearer sk-change-me-master-000000000000\n",
    },
  ]);
  const replace = new Map([
    ["LITELLM_MASTER_KEY", "sk-canary-master"],
    ["LITELLM_STATUS_KEY", "sk-canary-status"],
  ]);
  const { litellm, litellmConfig } = await loadDeployment(copy.folder, { replace });
  expect(litellmConfig.masterKey).toBe("sk-canary-master");
  expect(litellm.environment.get("PASTED")?.value).toBe("Bearer sk-canary-master");
  const label = [...litellm.labels].find(([name]) => name.endsWith("customrequestheaders.Authorization"));
  expect(label?.[1].value).toBe("Bearer sk-canary-status");
});

test("a service whose name two projects have is reached by that name, and not by its key", async () => {
  using deployment = smallDeployment({
    "ai/compose.yaml":
      "services: { litellm: { image: 'ghcr.io/berriai/litellm:main-v1.77.1', environment: { LITELLM_MASTER_KEY: sk-one-0000 } }, logs: { image: 'a:1' } }\n",
    "web/compose.yaml": "services: { logs: { image: 'a:1' } }\n",
    "policy.yaml": `compose: [{ project: ai, files: [ai/compose.yaml] }, { project: web, files: [web/compose.yaml] }]
hosts: [{ name: llm.lan, scheme: http, zone: internal }]
reach: [{ from: litellm, to: ai/logs, ports: [7007] }, { from: litellm, to: outside, ports: [443] }]
`,
  });
  const { policy } = await loadDeployment(deployment.folder);
  expect(policy.reach.map(({ to, as }) => [to, as])).toEqual([
    ["ai/logs", "logs"],
    ["outside", undefined],
  ]);
});

test.each([".example", ".template", ".sample"])(
  "a missing env file is read from its example that ends in %s",
  async (ending) => {
    using deployment = smallDeployment({
      "compose.yaml":
        "services: { litellm: { image: 'ghcr.io/berriai/litellm:${TAG}', env_file: mcp.env, environment: { LITELLM_MASTER_KEY: sk-one-0000 } } }\n",
      [`.env${ending}`]: "TAG=main-v1.77.1\n",
      [`mcp.env${ending}`]: "REGION=north\n",
      "policy.yaml": "hosts: [{ name: llm.lan, scheme: http, zone: internal }]\n",
    });
    const { litellm, digest } = await loadDeployment(deployment.folder);
    expect([litellm.version, litellm.environment.get("REGION")?.value]).toEqual(["1.77.1", "north"]);
    writeFileSync(join(deployment.folder, "mcp.env"), "REGION=south\n");
    const other = await loadDeployment(deployment.folder);
    expect(other.litellm.environment.get("REGION")?.value).toBe("south");
    // No digest depends on a secret.
    expect(other.digest).toBe(digest);
  },
);

test("two deployments that differ have different digests", async () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "policy.yaml", find: "heartbeat_seconds: 15", replace: "heartbeat_seconds: 16" },
  ]);
  const [one, other] = await Promise.all([loadDeployment("deployments/reference"), loadDeployment(copy.folder)]);
  expect(one.digest).not.toBe(other.digest);
});

test("a router has the line of its rule", async () => {
  const { traefikModel } = await loadDeployment("deployments/reference");
  const router = traefikModel?.routerOf("litellm-bearer@docker");
  expect(router).toMatchObject({ priority: 50, entryPoints: ["web"], service: "litellm" });
  expect(router?.location.line).toBeGreaterThan(1);
});

test("a secret that no file sets gets the run's value wherever compose would put it, and a note", async () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "litellm.env.example", find: "LITELLM_STATUS_KEY=", replace: "ANOTHER_KEY=" },
  ]);
  const { facts, litellm } = await loadDeployment(copy.folder, {
    replace: new Map([["LITELLM_STATUS_KEY", "sk-canary-status"]]),
  });
  expect([...litellm.labels.values()].map(({ value }) => value)).toContain("Bearer sk-canary-status");
  expect(facts.notes.notes).toMatchObject([
    { kind: "change", what: "no env file sets the secret 'LITELLM_STATUS_KEY'" },
  ]);
});
