import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { expectPolicyServer } from "../../support/any-server.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { accessOf, type CodexConfig, codexConfig, keysOf, requireVerifiable } from "../support/codex-config.ts";
import { mcpEvidence } from "../support/mcp-evidence.ts";
import { canaryCall } from "../support/policy-lookup.ts";
import type { ClientTask } from "./client.ts";

/** A task whose call returns a canary, with the endpoint and key of the deployment's own client. */
export async function canaryTask(gateway: GatewayWith<"canaries">): Promise<ClientTask> {
  const { call } = canaryCall(gateway);
  const config = await codexConfig(gateway);
  requireVerifiable(gateway, config);
  return { ...accessWith(gateway, config), call };
}

/**
 * Names in the catalogue that the deployment's own client gets, listed by the suite's client. Listed once for all checks:
 * a listing is the most expensive request of LiteLLM 1.77.1.
 *
 * @throws {CheckFailure} when there is no catalogue, or when it is empty: nothing could be compared with it
 * @throws {NotSupported} when the policy names no server: then it may be empty
 */
export async function clientCatalogue(gateway: GatewayTarget): Promise<readonly string[]> {
  const { key } = accessWith(gateway, await codexConfig(gateway));
  return await gateway.once.do("catalogue of the deployment's own client", () => listCatalogue(gateway, key));
}

/** The endpoint and key of the deployment's own client. */
function accessWith(gateway: GatewayTarget, config: CodexConfig): Pick<ClientTask, "mcpUrl" | "key"> {
  const { mcpUrl, key } = accessOf(config, keysOf(gateway, config));
  return { mcpUrl, key };
}

async function listCatalogue(gateway: GatewayTarget, key: string): Promise<readonly string[]> {
  expectPolicyServer(gateway.policy);
  const url = gateway.url(gateway.policy.mcp.endpoint);
  const evidence = (received: string) =>
    mcpEvidence(gateway, { url, key, sent: "initialize and tools/list", received });
  try {
    const client = await gateway.mcp(key);
    try {
      const found = (await listTools(client)).map(({ name }) => name);
      if (found.length > 0) return found;
      throw new CheckFailure({
        summary: "the catalogue is empty, so there is nothing to compare a client's tools with",
        code: "empty-catalogue",
        expected: "at least one tool",
        actual: "0 tools",
        ...followsCatalogue,
        evidence: evidence("an empty list"),
      });
    } finally {
      await client.close();
    }
  } catch (error) {
    if (error instanceof CheckFailure) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new CheckFailure({
      summary: "the suite's own MCP client gets no catalogue with the client's key",
      code: "no-catalogue",
      expected: "a session and a list of tools",
      actual: message,
      evidence: evidence(message),
      cause: "MCP refuses the key, or does not answer",
    });
  }
}
