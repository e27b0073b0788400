import { randomBytes } from "node:crypto";
import { request } from "undici";
import { z } from "zod";
import { LiteLLMApi } from "../../../containers/parts/deployment/registered/litellm-api.ts";
import type { PartHandle } from "../../../containers/parts/part.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { liteLLMDatabase } from "../../../helpers/deployment/litellm/database.ts";
import { liteLLMPortOf } from "../../../helpers/deployment/services/litellm-port.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { AuditEntry, ClientKey } from "../../observe/client-key.ts";

/** A row of LiteLLM's spend logs, as far as an audit needs it. */
const rowShape = z.object({
  api_key: z.string().nullish(),
  status: z.string().nullish(),
  mcp_namespaced_tool_name: z.string().nullish(),
  metadata: z
    .object({
      status: z.string().nullish(),
      mcp_tool_call_metadata: z.object({ name: z.string().nullish() }).nullish(),
    })
    .nullish(),
});

/**
 * Makes a virtual key that is granted one server, as the operator makes one for a client.
 *
 * @returns undefined where LiteLLM has no database
 * @throws {EnvironmentError} when LiteLLM refuses
 */
export async function makeClientKey(
  deployment: Deployment,
  litellm: PartHandle,
  server: string,
): Promise<ClientKey | undefined> {
  if (liteLLMDatabase(deployment.litellmConfig) === undefined) return undefined;
  const api = new LiteLLMApi(deployment, litellm);
  const id = (await api.servers()).find(({ server_name, alias }) => server_name === server || alias === server);
  const permission = { mcp_servers: [id?.server_id ?? server] };
  const value = `sk-canary-${randomBytes(16).toString("hex")}`;
  const body = { key: value, key_alias: `onboard ${server}`, duration: "30m", object_permission: permission };
  await api.createKey(`a client's key for ${server}`, body, async () => {
    const team = { team_alias: `onboard ${server}`, object_permission: permission };
    return z.object({ team_id: z.string() }).parse(await api.create("a client's team", "/team/new", team)).team_id;
  });
  return {
    value,
    refusedWithin: deployment.policy.keyChangeSeconds * 1000,
    revoke: async () => void (await api.create("the revocation of a client's key", "/key/delete", { keys: [value] })),
    audited: async () => await spendLogs(deployment, litellm, value),
  };
}

async function spendLogs(deployment: Deployment, litellm: PartHandle, key: string): Promise<readonly AuditEntry[]> {
  const url = `http://${litellm.host}:${litellm.ports[liteLLMPortOf(deployment.litellm)]}/spend/logs?api_key=${key}`;
  const response = await request(url, {
    headers: { authorization: `Bearer ${deployment.litellmConfig.masterKey}` },
    headersTimeout: deadlines.request,
    bodyTimeout: deadlines.request,
  });
  const rows = z.array(rowShape).safeParse(await response.body.json());
  // Without rows there is nothing that was audited.
  if (!rows.success) return [];
  return rows.data.map(({ api_key, status, mcp_namespaced_tool_name: tool, metadata }) => ({
    tool: tool || metadata?.mcp_tool_call_metadata?.name || "",
    hasIdentity: Boolean(api_key),
    outcome: status ?? metadata?.status ?? undefined,
  }));
}
