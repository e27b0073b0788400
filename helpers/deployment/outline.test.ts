import { expect, test } from "vitest";
import { smallDeployment } from "./infer/small-deployment.ts";
import { loadDeployment } from "./load.ts";
import { outlineOf } from "./outline.ts";

test("the outline has what a status document names, and no secret's value", async () => {
  const outline = outlineOf(await loadDeployment("deployments/as-found"));
  expect(outline).toMatchObject({
    hosts: [
      { url: "http://litellm.linuxserver.lan", zone: "internal" },
      { url: "https://litellm.ai-servicers.com", zone: "external" },
    ],
    config: "projects/litellm/config.yaml",
    upstreams: [
      { name: "postgres", transport: "stdio", source: "postgres-mcp", version: "0.3.0" },
      { name: "filesystem", transport: "stdio", source: "mcp-server-filesystem", version: "2025.8.21" },
    ],
    secrets: { file: "secrets/litellm.env" },
  });
  expect(outline.secrets.names).toContain("LITELLM_MASTER_KEY");
  expect(outline.clients[0]).toMatchObject({ name: "codex", config: "clients/codex/config.toml" });
  expect(outline.clients[0]?.addresses).toContain("http://litellm.linuxserver.lan/mcp/");
});

const policy = `hosts: [{ name: litellm.internal, scheme: http, zone: internal, access: [{ who: litellm }] }]
`;

test.each([
  ["", "no file of the deployment"],
  [
    'DATABASE_URL: "postgresql://litellm:secret-000000@db:5432/litellm"',
    "no file of the deployment; models and MCP servers may come from LiteLLM's database (DATABASE_URL)",
  ],
])("a LiteLLM without a config file, with the environment { %s }", async (environment, config) => {
  using deployment = smallDeployment({
    "policy.yaml": policy,
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    ports: ["4000:4000"]
    environment: { LITELLM_MASTER_KEY: sk-master-000000, ${environment} }
  db: { image: "postgres:17", environment: { POSTGRES_USER: litellm, POSTGRES_PASSWORD: secret-000000 } }
`,
  });
  expect(outlineOf(await loadDeployment(deployment.folder)).config).toBe(config);
});
