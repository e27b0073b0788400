import { heavyClients } from "../../../helpers/run/client-choice.ts";
import { claudeCode } from "./claude-code.ts";
import type { McpClient } from "./client.ts";
import { codexClient } from "./codex.ts";
import { inspector } from "./inspector.ts";
import { openWebUi } from "./open-webui.ts";
import { sdkClient } from "./sdk.ts";

/** Every client of the matrix. A new one is a module here, and a machine in containers/clients-rig.ts. */
export const matrix: readonly (readonly [title: string, client: McpClient])[] = [
  ["Codex", codexClient("codex")],
  ["Codex 0.47", codexClient("codex-0.47")],
  ["MCP Inspector", inspector],
  ["the Python SDK 1.x", sdkClient("MCP Python SDK", "python-sdk-1")],
  ["the Python SDK 2.x", sdkClient("MCP Python SDK", "python-sdk-2")],
  ["the TypeScript SDK", sdkClient("MCP TypeScript SDK", "typescript-sdk")],
  ...(heavyClients()
    ? ([
        ["Claude Code", claudeCode],
        ["Open WebUI", openWebUi],
      ] as const)
    : []),
];
