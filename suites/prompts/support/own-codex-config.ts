/** What the suite's own config of Codex is made of. */
export interface OwnCodexConfig {
  model: string;
  /** Base URL of the model's API. */
  modelUrl: string;
  /** The environment variable with the key for models. */
  modelKey: string;
  mcpUrl: string;
  /** The environment variable with the key for MCP. */
  mcpKey: string;
}

/**
 * The shortest `config.toml` with which Codex uses the gateway's models and MCP and nothing else, and fails where it gets no
 * catalogue: for a version of the client matrix, and for a deployment that has no config of Codex.
 */
export function ownCodexConfig({ model, modelUrl, modelKey, mcpUrl, mcpKey }: OwnCodexConfig): string {
  return `
model = ${JSON.stringify(model)}
model_provider = "gateway"
approval_policy = "never"
sandbox_mode = "read-only"
check_for_update_on_startup = false
web_search = "disabled"
[model_providers.gateway]
name = "gateway"
base_url = ${JSON.stringify(modelUrl)}
env_key = ${JSON.stringify(modelKey)}
wire_api = "responses"
[mcp_servers.gateway]
url = ${JSON.stringify(mcpUrl)}
bearer_token_env_var = ${JSON.stringify(mcpKey)}
required = true
default_tools_approval_mode = "approve"
startup_timeout_sec = 30
[features]
plugins = false
apps = false
[analytics]
enabled = false
`;
}
