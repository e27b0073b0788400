/**
 * Servers that are added to the operator's `mcp_servers`, by name, in the form of LiteLLM's config. One of the same name is
 * replaced; undefined removes it.
 */
export type ExtraServers = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
