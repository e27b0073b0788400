import { z } from "zod";
import { mapping, oneOf, text } from "../source/shape.ts";

/** A section that the suite does not read. */
const anything = z.unknown().optional();
const texts = z.array(z.string({ error: "a text" }), { error: "a list of texts" });
const pairs = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()], { error: "a text" }), {
  error: "a mapping of names to texts",
});

/** LiteLLM's top-level keys. Source: litellm 1.77.1 and 1.106.2, proxy/proxy_server.py, `load_config`. */
export const configKeys = [
  "model_list",
  "mcp_servers",
  "mcp_tools",
  "litellm_settings",
  "router_settings",
  "general_settings",
  "environment_variables",
  "callback_settings",
  "credential_list",
  "guardrails",
  "prompts",
  "vector_store_registry",
  "search_tools",
  "agent_list",
  "assistant_settings",
  "finetune_settings",
  "files_settings",
  "default_vertex_config",
  "include",
  "worker_registry",
  "sandbox_tools",
  "agents",
  "plugins",
  "classifier_plugin",
  "policies",
  "policy_attachments",
];

/**
 * An entry under mcp_servers that 1.77.1 reads; it ignores any other key without a warning.
 * Source: litellm 1.77.1, proxy/_experimental/mcp_server/mcp_server_manager.py, `load_servers_from_config`.
 */
const serverKeysOf1771 = {
  transport: oneOf("stdio", "http", "sse").optional(),
  url: text.optional(),
  command: text.optional(),
  args: texts.optional(),
  env: pairs.optional(),
  alias: text.optional(),
  description: z.string({ error: "a text" }).optional(),
  mcp_info: anything,
  spec_version: z.string({ error: "a text" }).optional(),
  auth_type: z.string({ error: "a text" }).optional(),
  auth_value: text.optional(),
  authentication_token: text.optional(),
  access_groups: texts.optional(),
};

/**
 * Keys that came later. Source: litellm 1.106.2, the same file, `MCPServerConfig`. A version between the two may know
 * some of them only.
 */
const laterServerKeys = {
  ...Object.fromEntries(
    [
      "server_id",
      "protocol_version",
      "spec_path",
      "instructions",
      "client_id",
      "client_secret",
      "oauth2_flow",
      "issuer",
      "authorization_url",
      "token_url",
      "registration_url",
      "token_endpoint_auth_method",
      "scopes",
      "dcr_bridge",
      "per_server_oauth_discovery",
      "allowed_params",
      "env_vars",
      "allow_all_keys",
      "available_on_public_internet",
      "delegate_auth_to_upstream",
      "oauth_passthrough",
      "oauth_identity_binding",
      "allow_sampling",
      "allow_elicitation",
      "aws_access_key_id",
      "aws_secret_access_key",
      "aws_session_token",
      "aws_region_name",
      "aws_service_name",
      "aws_role_name",
      "aws_session_name",
      "token_exchange_endpoint",
      "token_exchange_profile",
      "token_validation",
      "audience",
      "subject_token_type",
      "upstream_resource",
      "upstream_token_header",
      "id_jag_resource_token_endpoint",
      "id_jag_resource",
      "client_private_key",
      "client_private_key_id",
      "client_assertion_signing_alg",
      "timeout",
      "max_concurrent_requests",
      "rpm",
      "pinned_tools",
    ].map((key) => [key, anything]),
  ),
  extra_headers: texts.optional(),
  static_headers: pairs.optional(),
  allowed_tools: texts.optional(),
  disallowed_tools: texts.optional(),
};

/** Names of the keys that 1.77.1 does not know yet. */
export const laterServerKeyNames: readonly string[] = Object.keys(laterServerKeys);

/** One server under mcp_servers. */
export const serverShape = mapping({ ...serverKeysOf1771, ...laterServerKeys });

/** One entry of model_list. */
export const modelShape = z.looseObject(
  {
    model_name: text,
    litellm_params: z.looseObject({ model: text }, { error: "a mapping with 'model'" }),
  },
  { error: "a mapping with model_name and litellm_params" },
);
