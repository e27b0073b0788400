import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { isNameOf } from "../../../helpers/agents/agent-diagnosis.ts";
import { CheckFailure, type FailureStory } from "../../../helpers/checks/check-failure.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { databaseTool } from "../support/client-of.ts";
import { aimOf, codexConfig, keysOf } from "../support/codex-config.ts";
import type { ClientRun, McpClient, Rigs, Visit } from "./client.ts";

/** A visit that asks for the run's databases, with the deployment's own endpoint and client key. */
export async function plainVisit({ gateway }: Rigs): Promise<Visit> {
  const config = await codexConfig(gateway);
  const { key } = aimOf(config, keysOf(gateway, config));
  const { tool } = databaseTool(gateway);
  return { mcpUrl: config.mcpUrl, key, call: { tool, arguments: { sql: "SELECT datname FROM pg_database" } } };
}

/**
 * Names in the catalogue, by the suite's own client and that key.
 *
 * @throws {CheckFailure} when it gets none: nothing could be compared with it
 */
export async function catalogue(gateway: GatewayTarget, key: string): Promise<string[]> {
  try {
    const client = await gateway.mcp(key);
    try {
      const found = (await listTools(client)).map(({ name }) => name);
      if (found.length > 0) return found;
      throw new CheckFailure({ summary: "the catalogue is empty" });
    } finally {
      await client.close();
    }
  } catch (error) {
    if (error instanceof CheckFailure) throw error;
    throw new CheckFailure({
      summary: "the suite's own client does not get as far as the catalogue, with the client's key",
      evidence: {
        sent: `initialize and tools/list at ${gateway.url(gateway.policy.mcp.endpoint)}`,
        received: error instanceof Error ? error.message : String(error),
      },

      cause: "MCP refuses the key, or does not answer",
    });
  }
}

/**
 * The client must have listed every tool of the catalogue, no other, and brought the canary back.
 *
 * @throws {CheckFailure} naming what it lacks
 */
export function mustHaveWorked(
  { gateway }: Rigs,
  client: McpClient,
  run: ClientRun,
  expected: readonly string[],
): void {
  const story = { ...told(run), location: databaseTool(gateway).upstream.location };
  if (run.tools === undefined)
    throw new CheckFailure({ ...story, summary: `${client.name} does not get as far as the catalogue` });
  const missing = expected.filter((tool) => !run.tools?.some((shown) => isNameOf(shown, tool)));
  const extra = run.tools.filter((shown) => !expected.some((tool) => isNameOf(shown, tool)));
  if (missing.length + extra.length > 0 || run.tools.length !== expected.length) {
    throw new CheckFailure({
      ...story,
      summary: `${client.name} lists ${run.tools.length} tools where the catalogue has ${expected.length}`,
      evidence: { received: [...missing.map((tool) => `- ${tool}`), ...extra.map((tool) => `+ ${tool}`)].join("\n") },
      cause: "it drops tools whose schema it dislikes, in silence",
    });
  }
  if (run.result?.includes(gateway.canaries.database) !== true) {
    throw new CheckFailure({
      ...story,
      summary: `${client.name} called a tool, and the canary did not come back`,
      evidence: { received: run.result ?? told(run).received ?? "" },
      cause: "the call failed on its way, or the answer came from elsewhere",
    });
  }
}

/** What a failure tells of a client's run. */
export function told({ command, exitCode, tools, result, shown }: ClientRun): Pick<FailureStory, "sent" | "received"> {
  return {
    sent: command,
    received: [
      `exit code ${exitCode}`,
      tools === undefined ? "no catalogue" : `${tools.length} tools`,
      ...(result === undefined ? [] : [`result: ${result.slice(0, 300)}`]),
      ...(shown === undefined ? [] : [shown]),
    ].join("\n"),
  };
}
