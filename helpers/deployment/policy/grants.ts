import type { UpstreamConfig } from "../litellm/types.ts";
import type { PolicyGrant, PolicyIdentity } from "./types.ts";

/** What of a server decides who may use it. */
export type GrantableServer = Pick<UpstreamConfig, "name" | "accessGroups" | "allowAllKeys">;

/** By server: the tools that may be seen and called. A server that is not in it is not granted. */
export type Grant = ReadonlyMap<string, "all" | readonly string[]>;

/**
 * What an identity may see and call, as LiteLLM's documentation says: a key has what it is granted by name, by access group
 * or by tool, at most what its team has where the team has a grant, and its team's servers where it has none of its own.
 * A server that every key may use is in every grant.
 *
 * Source: https://docs.litellm.ai/docs/mcp_control
 */
export function grantOf(
  identity: Pick<PolicyIdentity, "servers" | "accessGroups" | "tools" | "team">,
  servers: readonly GrantableServer[],
): Grant {
  const own = named({ ...identity, servers: [...identity.servers, ...identity.tools.keys()] }, servers);
  const team = identity.team === undefined ? [] : named(identity.team, servers);
  const granted = team.length === 0 ? own : own.length === 0 ? team : own.filter((name) => team.includes(name));
  const open = servers.filter(({ allowAllKeys }) => allowAllKeys).map(({ name }) => name);
  return new Map(
    [...new Set([...granted, ...open])].map((name) => [name, identity.tools.get(name) ?? ("all" as const)]),
  );
}

/** Of a server's tools, those that a grant has. */
export function grantedTools(grant: Grant, server: string, offered: readonly string[]): readonly string[] {
  const tools = grant.get(server);
  if (tools === undefined) return [];
  return tools === "all" ? offered : offered.filter((tool) => tools.includes(tool));
}

function named({ servers: names, accessGroups }: PolicyGrant, servers: readonly GrantableServer[]): string[] {
  return servers
    .filter((one) => names.includes(one.name) || one.accessGroups.some((group) => accessGroups.includes(group)))
    .map(({ name }) => name);
}
