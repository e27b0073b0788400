import type { Policy } from "./types.ts";

/**
 * The path at which LiteLLM serves some of its servers only, e.g. `/mcp/notes,files`, whether the policy's endpoint ends in a
 * slash or not (BerriAI/litellm docs/mcp, "Namespacing Your Servers"). Without names: the endpoint as the policy writes it.
 */
export function serverPath({ mcp: { endpoint } }: Pick<Policy, "mcp">, ...servers: readonly string[]): string {
  return servers.length === 0 ? endpoint : `${endpoint.replace(/\/$/, "")}/${servers.join(",")}`;
}

/**
 * The names by which a path selects servers, as LiteLLM's documentation writes it: `/mcp/notes,files` or `/notes/mcp`.
 *
 * @returns empty for the endpoint itself, with or without its slash; undefined for any other path
 */
export function serversInPath({ mcp: { endpoint } }: Pick<Policy, "mcp">, path: string): string[] | undefined {
  const base = endpoint.replace(/\/$/, "");
  const asked = path.replace(/\/$/, "");
  if (asked === base) return [];
  const after = asked.startsWith(`${base}/`) ? asked.slice(base.length + 1) : undefined;
  const before = asked.endsWith(base) ? asked.slice(1, -base.length) : undefined;
  const names = after ?? before;
  return names === undefined || names.includes("/") ? undefined : names.split(",");
}
