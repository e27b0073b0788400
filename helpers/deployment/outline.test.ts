import { expect, test } from "vitest";
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
