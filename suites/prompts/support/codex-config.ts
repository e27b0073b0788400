import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";
import { z } from "zod";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { leadsToGateway } from "../../../helpers/deployment/clients/gateway-address.ts";
import { chatModels } from "../../../helpers/deployment/litellm/chat-models.ts";
import { agentHostOf, agentPaths } from "../../../helpers/deployment/policy/access.ts";
import { hostOfUrl, isOnTheLan, originOf } from "../../../helpers/deployment/services/origins.ts";
import { certificatePlace } from "../../../helpers/deployment/traefik/certificate-place.ts";
import type { PolicyClient, SourceLocation } from "../../../helpers/deployment/types.ts";
import { followsClientConfig } from "../../support/needed-checks.ts";
import { keyHeaderIn } from "./client-settings/client-endpoint.ts";
import { codexSettingLines, missingAddress } from "./codex-setting.ts";
import type { ClientAccess } from "./gateway-answers.ts";
import { ownCodexConfig } from "./own-codex-config.ts";
import { requireClient, secretValue } from "./policy-lookup.ts";

const shape = z.looseObject({
  model: z.string().optional(),
  model_provider: z.string().optional(),
  model_providers: z
    .record(z.string(), z.looseObject({ base_url: z.string().optional(), env_key: z.string().optional() }))
    .default({}),
  mcp_servers: z
    .record(
      z.string(),
      z.looseObject({
        url: z.string().optional(),
        bearer_token_env_var: z.string().optional(),
        env_http_headers: z.record(z.string(), z.string()).optional(),
      }),
    )
    .default({}),
});

/** The `config.toml` of a deployment's Codex: its text, and the values that Codex takes from it. */
export interface CodexConfig {
  /** Undefined for a config of the suite's own. */
  file: string | undefined;
  text: string;
  /** The client in the policy. */
  location: SourceLocation;
  /**
   * A model that LiteLLM has, for clients of the suite: of a deployment's own file not the one in it, whose mistakes are that file's
   * alone.
   */
  model: string;
  /** Name of the MCP server that is the gateway, e.g. `litellm`. */
  server: string;
  /** The environment variables that Codex takes its keys from. */
  keyVariables: readonly string[];
  modelUrl: string;
  mcpUrl: string;
  mcpKeyVariable: string | undefined;
}

/**
 * Reads the deployment's config of Codex, or makes one where the policy names none.
 *
 * @param change what differs in the copy that Codex gets
 * @throws {CheckFailure} when it names no MCP server by URL, or no model provider, and when an address of the gateway's host leads elsewhere
 * @throws {NotSupported} when the policy names no Codex, when no model or no host is known for a config of the suite's own, and when
 *   it is not known where an address of the gateway's host leads
 */
export async function codexConfig(
  gateway: GatewayTarget,
  change: (text: string) => string = (text) => text,
): Promise<CodexConfig> {
  const client = requireClient(gateway, "codex");
  const { config: file, location } = client;
  const text = change(
    file === undefined ? ownConfigOf(gateway, client) : gateway.codexCopy(client, await readFile(file, "utf8")),
  );
  const parsed = shape.parse(parse(text));
  const [providerName, provider] = chosenProvider(parsed) ?? [];
  const served = Object.entries(parsed.mcp_servers).filter(([, { url }]) => url !== undefined);
  const { deployment } = gateway;
  const server = served.find(([, { url = "" }]) => leadsToGateway(deployment, client, url)) ?? served[0];
  if (provider?.base_url === undefined || server?.[1].url === undefined) {
    const missing = server === undefined ? "MCP server with a url" : "model provider with a base_url";
    throw new CheckFailure({
      summary: `Codex's config names no ${missing}`,
      code: "no-endpoint",
      expected: `at least one ${missing}`,
      actual: "none",
      cause: "Codex does not know the gateway's address",
      location: codexSettingLines({ file, text, location })(
        ...missingAddress(server === undefined ? { servers: parsed.mcp_servers } : { provider: providerName }),
      ),
    });
  }
  for (const address of [provider.base_url, server[1].url])
    requireGateway(gateway, client, address, { file, text, location });
  const [name, { url }] = server;
  const keyVariableOf = ({ bearer_token_env_var: bearer, env_http_headers: headers }: (typeof server)[1]) =>
    bearer ?? keyHeaderIn(headers)?.value;
  const mcpKeyVariable = keyVariableOf(server[1]);
  const variables = [provider.env_key, ...Object.values(parsed.mcp_servers).map(keyVariableOf)];
  return {
    file,
    text,
    location,
    model: (file === undefined ? undefined : firstModel(gateway)) ?? parsed.model ?? "",
    server: name,
    keyVariables: [...new Set(variables.filter((variable) => variable !== undefined))],
    modelUrl: provider.base_url.replace(/\/$/, ""),
    mcpUrl: url ?? "",
    mcpKeyVariable,
  };
}

/** An address of the gateway's host must lead to the gateway: no turn of Codex says more about one that does not. */
function requireGateway(
  gateway: GatewayTarget,
  client: PolicyClient,
  url: string,
  config: Pick<CodexConfig, "file" | "text" | "location">,
): void {
  const place = gateway.placeOf(client, url);
  if (place?.leadsTo === "unknown") throw new NotSupported(`${url} in Codex's config is not called: ${place.why}`);
  if (place?.leadsTo !== "elsewhere") return;
  throw new CheckFailure({
    summary: `${url} in Codex's config does not lead to the gateway`,
    code: "address-leads-elsewhere",
    expected: "a port of the gateway on the host",
    actual: url,
    cause: place.fault,
    location: lineOf(config, url),
    fix: place.fix,
    ...followsClientConfig,
  });
}

/** The provider that the config chooses, else its first one. */
function chosenProvider({ model_provider: name, model_providers: providers }: z.infer<typeof shape>) {
  const entries = Object.entries(providers);
  return entries.find(([key]) => key === name) ?? entries[0];
}

/**
 * A client verifies certificates, and a run has one that it trusts only where Traefik takes it.
 *
 * @throws {NotSupported} when one of the client's addresses is over HTTPS, and nothing in the run trusts its certificate
 */
export function requireVerifiable({ deployment }: GatewayTarget, { modelUrl, mcpUrl }: CodexConfig): void {
  const url = [modelUrl, mcpUrl].find((one) => hostOfUrl(deployment, one)?.scheme === "https");
  const place = url === undefined ? undefined : certificatePlace(deployment);
  if (typeof place === "string")
    throw new NotSupported(`clients verify the certificate of ${url}, and the run can't give Traefik one: ${place}`);
}

/** The first model of LiteLLM's config that is not a pattern, of those that answer chats where there is one. */
function firstModel({ deployment }: GatewayTarget): string | undefined {
  const { models } = deployment.litellmConfig;
  const names = [...chatModels(deployment.litellmConfig), ...models.map(({ value }) => value)];
  return names.find((name) => !name.includes("*"));
}

/** The suite's own config, for the host that the LAN uses. */
function ownConfigOf(gateway: GatewayTarget, { key = "", model: stated, from }: PolicyClient): string {
  const { deployment, policy } = gateway;
  const { endpoint } = policy.mcp;
  const model = stated ?? firstModel(gateway);
  if (model === undefined)
    throw new NotSupported("neither the policy's client nor LiteLLM's config names a model for Codex");
  const host = agentHostOf(policy);
  if (host === undefined)
    throw new NotSupported(
      `no host that the LAN uses lets POST ${agentPaths(endpoint).join(" and POST ")} through with a key, and Codex needs both`,
    );
  if (from === "lan" && !isOnTheLan(deployment))
    throw new NotSupported("the deployment publishes no port of the gateway on the LAN, where Codex runs");
  const origin = originOf(deployment, host);
  return ownCodexConfig({
    model,
    modelUrl: `${origin}/v1`,
    modelKey: key,
    mcpUrl: `${origin}${endpoint}`,
    mcpKey: key,
  });
}

/** The line of a config that contains a text; line 1 when none does. The policy's client for a config of the suite's own. */
export function lineOf(
  { file, text, location }: Pick<CodexConfig, "file" | "text" | "location">,
  needle: string,
): SourceLocation {
  if (file === undefined) return location;
  return { file, line: Math.max(1, text.split("\n").findIndex((line) => line.includes(needle)) + 1) };
}

/**
 * The variables that Codex's config names for its keys, with this run's values.
 *
 * @throws {CheckFailure} when one is not one of the policy's secrets
 */
export function keysOf(gateway: GatewayTarget, config: CodexConfig): Record<string, string> {
  return Object.fromEntries(
    config.keyVariables.map((name) => {
      const value = secretValue(gateway, name);
      if (value !== undefined) return [name, value];
      throw new CheckFailure({
        summary: `Codex's config takes its key from ${name}, which is not one of the policy's secrets`,
        code: "unknown-key-variable",
        expected: `one of ${gateway.policy.secrets.map((secret) => secret.name).join(", ") || "the policy's secrets (it names none)"}`,
        actual: name,
        cause: "a typo in the config, or the secret is missing in policy.yaml",
        location: lineOf(config, name),
      });
    }),
  );
}

/** The gateway's addresses in a config, with the key that Codex sends to MCP. */
export function accessOf(config: CodexConfig, keys: Readonly<Record<string, string>>): ClientAccess {
  return { modelUrl: config.modelUrl, mcpUrl: config.mcpUrl, key: keys[config.mcpKeyVariable ?? ""] ?? "" };
}
