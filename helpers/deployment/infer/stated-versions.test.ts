import { expect, test } from "vitest";
import { findProjects } from "./files/projects.ts";
import { hostValues } from "./host/host-values.ts";
import { inferFromFiles } from "./infer-from-files.ts";
import { inferPolicy } from "./infer-policy.ts";
import { smallDeployment } from "./small-deployment.ts";

const compose = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-latest
    environment: { LITELLM_MASTER_KEY: sk-1234 }
`;

test.each([
  ["parts: { litellm: { version: 1.77.1 }, gone: { version: 1.0.0 } }", "1.77.1", { litellm: { version: "1.77.1" } }],
  ["parts: { litellm: { left_out: why } }", "1.106.2", {}],
  ["not a policy", "1.106.2", {}],
])("the version that an earlier policy states counts, and stays: %s", async (policy, version, parts) => {
  using deployment = smallDeployment({ "compose.yaml": compose, "policy.yaml": `${policy}\n` });
  const { folder } = deployment;
  const projects = findProjects(folder);
  const host = hostValues(folder, projects);
  const inference = await inferFromFiles({ folder, projects, host, versions: undefined, versionsOf: () => [] });
  expect(inference.view.config?.version).toBe(version);
  const stated = [...inferPolicy(inference).parts].map(([part, { value }]) => [part, value]);
  expect(Object.fromEntries(stated)).toEqual(parts);
});
