import type { Policy } from "./types.ts";

/**
 * The path at which LiteLLM serves some of its servers only, e.g. `/mcp/notes,files`, whether the policy's endpoint ends in a
 * slash or not (BerriAI/litellm docs/mcp, "Namespacing Your Servers"). Without names: the endpoint as the policy writes it.
 */
export function serverPath({ mcp: { endpoint } }: Pick<Policy, "mcp">, ...servers: readonly string[]): string {
  return servers.length === 0 ? endpoint : `${endpoint.replace(/\/$/, "")}/${servers.join(",")}`;
}
