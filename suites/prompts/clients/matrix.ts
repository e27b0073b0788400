import { claudeCode } from "./claude-code.ts";
import type { McpClient } from "./client.ts";
import { codexClient } from "./codex.ts";
import { inspector } from "./inspector.ts";
import { openWebUi } from "./open-webui.ts";
import { sdkClient } from "./sdk.ts";

/** Every client of the matrix. A new one is a module here, and a machine in containers/rigs/clients-rig.ts. */
export const clientMatrix: readonly McpClient[] = [
  codexClient({ slug: "codex", title: "Codex", machine: "codex" }),
  codexClient({ slug: "codex-0.47", title: "Codex 0.47", machine: "codex-0.47" }),
  inspector,
  sdkClient({ slug: "python-sdk-1", title: "the Python SDK 1.x", name: "MCP Python SDK", machine: "python-sdk-1" }),
  sdkClient({ slug: "python-sdk-2", title: "the Python SDK 2.x", name: "MCP Python SDK", machine: "python-sdk-2" }),
  sdkClient({
    slug: "typescript-sdk",
    title: "the TypeScript SDK",
    name: "MCP TypeScript SDK",
    machine: "typescript-sdk",
  }),
  claudeCode,
  openWebUi,
];
