import { expect, test } from "vitest";
import { smallDeployment } from "../infer/small-deployment.ts";
import { loadDeployment } from "../load.ts";
import { composeFileNames, servicePlace } from "./file-names.ts";

const litellm = (image = "ghcr.io/berriai/litellm:main-v1.77.1"): string =>
  `services:\n  litellm: { image: "${image}", environment: { LITELLM_MASTER_KEY: sk-0123456789abcdef } }\n`;
const policy = `services: { traefik: edge }
hosts: [{ name: a.test, scheme: http, zone: internal, access: [{ who: litellm }] }]
`;

async function messageOf(files: Readonly<Record<string, string>>): Promise<string> {
  using deployment = smallDeployment({ "policy.yaml": policy, ...files });
  return String(await loadDeployment(deployment.folder).catch((error: unknown) => error));
}

test("a message about a service that is missing names the deployment's own compose files", async () => {
  expect(await messageOf({ "docker-compose.yml": litellm() })).toContain(
    "services.traefik is 'edge', which is not in docker-compose.yml",
  );
  expect(
    await messageOf({ "compose.yml": litellm(), "compose.override.yml": "services: { web: { image: x } }\n" }),
  ).toContain("which is not in compose.yml and compose.override.yml");
});

test("more than three files are counted, and a path is relative to the deployment", () => {
  const project = (files: readonly string[]) => ({ name: "p", folder: "/d", files, profiles: [] });
  const of = (...files: string[]): string => composeFileNames({ projects: [project(files)] }, "/d");
  expect(of("/d/ai/compose.yaml", "/d/edge/compose.yaml", "/d/x.yml")).toBe(
    "ai/compose.yaml, edge/compose.yaml and x.yml",
  );
  expect(of("/d/1.yml", "/d/2.yml", "/d/3.yml", "/d/4.yml")).toBe("the 4 compose files");
});

test("a service's place has the name of its file", () => {
  const service = { key: "ai/litellm", location: { file: "/d/ai/docker-compose.yml", line: 2 } };
  expect(servicePlace(service, "environment")).toBe("docker-compose.yml:ai/litellm.environment");
  expect(servicePlace(service)).toBe("docker-compose.yml:ai/litellm");
});
