import { join } from "node:path";
import { expect, test } from "vitest";
import { DeploymentError } from "../../core/errors.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { readPolicy } from "./read-policy.ts";

test("a policy is read on its own", () => {
  using copy = patchedCopy("deployments/reference", [{ file: "compose.yaml", remove: true }]);
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  expect(policy.services).toEqual({ litellm: "litellm", traefik: "traefik" });
  expect(policy.hosts.map(({ name }) => name)).toEqual(["litellm.linuxserver.lan", "litellm.ai-servicers.com"]);
  expect(policy.clients[0]?.config).toBe(join(copy.folder, "clients/codex/config.toml"));
});

test("all contradictions of a policy are reported together", () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "policy.yaml", find: "status: 401, challenge: Bearer", replace: "status: 404, challenge: Bearer" },
    { file: "policy.yaml", find: "path: /docs,", replace: "path: /docs?x=1," },
  ]);
  let thrown: unknown;
  try {
    readPolicy(join(copy.folder, "policy.yaml"));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DeploymentError);
  expect(String(thrown)).toMatch(/contains a query[\s\S]*belongs to a 401/);
});
