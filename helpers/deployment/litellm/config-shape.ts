import { z } from "zod";
import { suggest } from "../../core/text/nearest.ts";
import { oneOf, text } from "../source/shape.ts";
import { atLeast } from "./version.ts";

const texts = z.array(z.string({ error: "a text" }), { error: "a list of texts" }).nullish();
const pairs = z
  .record(z.string(), z.string({ error: "a text in quotes" }), { error: "a mapping of names to texts" })
  .nullish();
const optionalText = z.string({ error: "a text" }).nullish();

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
 * The keys of an entry under mcp_servers, by the last version that is known to ignore them without a warning; undefined for
 * those that 1.77.1 reads. Source: mcp_server_manager.py, `load_servers_from_config`, of 1.77.1, 1.77.5, 1.78.0, 1.83.0,
 * 1.92.0 and 1.106.2.
 */
const serverKeysByVersion: readonly (readonly [ignoredBy: string | undefined, keys: string])[] = [
  [
    undefined,
    "transport url command args env alias description mcp_info spec_version auth_type auth_value authentication_token access_groups",
  ],
  ["1.77.1", "scopes client_id client_secret authorization_url token_url"],
  ["1.77.5", "allowed_tools disallowed_tools allowed_params extra_headers spec_path"],
  [
    "1.78.0",
    "static_headers allow_all_keys available_on_public_internet aws_access_key_id aws_region_name aws_secret_access_key " +
      "aws_service_name aws_session_token registration_url",
  ],
  [
    "1.83.0",
    "allow_elicitation allow_sampling audience aws_role_name aws_session_name delegate_auth_to_upstream env_vars " +
      "instructions max_concurrent_requests oauth_passthrough subject_token_type timeout token_endpoint_auth_method " +
      "token_exchange_endpoint",
  ],
  [
    "1.92.0",
    "server_id protocol_version oauth2_flow issuer dcr_bridge per_server_oauth_discovery oauth_identity_binding " +
      "token_exchange_profile token_validation upstream_resource upstream_token_header id_jag_resource_token_endpoint " +
      "id_jag_resource client_private_key client_private_key_id client_assertion_signing_alg rpm pinned_tools",
  ],
];

const ignoredBy = new Map(
  serverKeysByVersion.flatMap(([version, keys]) => keys.split(" ").map((key) => [key, version] as const)),
);

/** Every key that a known version reads under a server. */
export const serverKeys: readonly string[] = [...ignoredBy.keys()];

/** Keys of servers in other programs' configs, by the key with which LiteLLM reads the same. */
const foreignKeys: ReadonlyMap<string, string> = new Map([
  ["headers", "static_headers"],
  ["http_headers", "static_headers"],
  ["type", "transport"],
  ["server_url", "url"],
  ["serverUrl", "url"],
  ["endpoint", "url"],
  ["environment", "env"],
  ["token", "auth_type: bearer_token and auth_value"],
  ["bearer_token", "auth_type: bearer_token and auth_value"],
  ["api_key", "auth_type: api_key and auth_value"],
]);

/** What to write in the place of a key that no version of LiteLLM reads under a server. */
export function fixOfServerKey(key: string, version: string): string {
  const meant = foreignKeys.get(key);
  if (meant !== undefined)
    return ignoresServerKey(meant, version)
      ? `use an image with a newer version, and write ${meant}`
      : `write ${meant}`;
  if (key === "enabled" || key === "disabled")
    return "remove it; to turn the server off, remove its entry or make it a comment";
  return suggest(key, serverKeys, "remove it");
}

/** Whether a version ignores a server's key that another version reads. */
export function ignoresServerKey(key: string, version: string): boolean {
  if (key === "spec_version") return atLeast(version, "1.77.5");
  const last = ignoredBy.get(key);
  return last !== undefined && atLeast(last, version);
}

const authTypes1771 = ["none", "api_key", "bearer_token", "basic", "authorization"] as const;
const laterAuthTypes = [
  ...authTypes1771,
  "oauth2",
  "aws_sigv4",
  "token",
  "oauth2_token_exchange",
  "oauth2_id_jag",
  "true_passthrough",
  "oauth_delegate",
] as const;

const ignored = z
  .unknown()
  .transform((): undefined => undefined)
  .optional();

/** One server under mcp_servers: the types that LiteLLM demands, else it refuses to start. Measured with both versions. */
const serverShape1771 = z.looseObject({
  transport: oneOf("stdio", "http", "sse").optional(),
  url: optionalText,
  command: optionalText,
  args: texts,
  env: pairs,
  alias: optionalText,
  spec_version: oneOf("2024-11-05", "2025-03-26", "2025-06-18").optional(),
  auth_type: oneOf(...authTypes1771).nullish(),
  auth_value: optionalText,
  authentication_token: optionalText,
  access_groups: texts,
  static_headers: ignored,
  allowed_tools: ignored,
  disallowed_tools: ignored,
});

const laterServerShape = z.looseObject({
  ...serverShape1771.shape,
  spec_version: ignored,
  auth_type: oneOf(...laterAuthTypes).nullish(),
  static_headers: pairs,
  extra_headers: texts,
  allowed_tools: texts,
  disallowed_tools: texts,
});

/** A server's entry, as far as the suite reads it. */
export interface ServerEntry {
  transport?: "stdio" | "http" | "sse" | undefined;
  url?: string | null | undefined;
  command?: string | null | undefined;
  args?: string[] | null | undefined;
  env?: Record<string, string> | null | undefined;
  auth_type?: string | null | undefined;
  auth_value?: string | null | undefined;
  authentication_token?: string | null | undefined;
  access_groups?: string[] | null | undefined;
  allow_all_keys?: boolean | null | undefined;
  static_headers?: Record<string, string> | null | undefined;
  allowed_tools?: string[] | null | undefined;
  disallowed_tools?: string[] | null | undefined;
}

/** The shape that a version demands of a server. */
export function serverShapeOf(version: string): z.ZodType<ServerEntry> {
  return atLeast(version, "1.77.5") ? laterServerShape : serverShape1771;
}

/** One entry of model_list. */
export const modelShape = z.looseObject(
  {
    model_name: text,
    litellm_params: z.looseObject({ model: text }, { error: "a mapping with 'model'" }),
  },
  { error: "a mapping with model_name and litellm_params" },
);
