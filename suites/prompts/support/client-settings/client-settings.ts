import { readFileSync } from "node:fs";
import { leadsToGateway } from "../../../../helpers/deployment/clients/gateway-address.ts";
import { serviceOfClient } from "../../../../helpers/deployment/clients/service-place.ts";
import { hasConfig, hasSettings, isInService } from "../../../../helpers/deployment/policy/configured-client.ts";
import { SourceFile } from "../../../../helpers/deployment/source/source-file.ts";
import type {
  ConfiguredClient,
  Deployment,
  PolicyClient,
  ServiceClient,
  SourceLocation,
} from "../../../../helpers/deployment/types.ts";
import { claudeSettings } from "./claude.ts";
import type { ClientEndpoint, ClientFault } from "./client-endpoint.ts";
import { codexSettings } from "./codex.ts";
import { openWebUiSettings, openWebUiVariables } from "./open-webui.ts";

/** A client's config, read as the client reads it. */
export interface ClientSettings {
  client: PolicyClient;
  /** Where its config begins. */
  location: SourceLocation;
  endpoints: readonly ClientEndpoint[];
  /** Faults that only this kind of client can have; `endpointFaults` finds those that every kind can have. */
  faults: readonly ClientFault[];
}

/** The settings of every client of the policy that has some, with the addresses that are the gateway's. */
export function settingsOfClients(deployment: Deployment): ClientSettings[] {
  return deployment.policy.clients.filter(hasSettings).map((client) => settingsOf(deployment, client));
}

/** Reads a client's settings, from its file or from its service, with the addresses that are the gateway's. */
export function settingsOf(deployment: Deployment, client: ConfiguredClient | ServiceClient): ClientSettings {
  const settings = hasConfig(client)
    ? clientSettings(client, readFileSync(client.config, "utf8"))
    : serviceSettings(client, deployment);
  return ofGateway(settings, deployment);
}

/**
 * Reads a client's config file.
 *
 * @param text of the file, as written
 */
export function clientSettings(client: ConfiguredClient, text: string): ClientSettings {
  const source = new SourceFile(client.config, text);
  const read = { codex: codexSettings, claude: claudeSettings, "open-webui": openWebUiSettings }[client.kind];
  return { client, location: { file: client.config, line: 1 }, ...read(source) };
}

/** The environment that compose gives to the service of a client, after interpolation. */
function serviceSettings(client: ServiceClient, deployment: Deployment): ClientSettings {
  const service = serviceOfClient(deployment, client);
  if (service === undefined) throw new Error(`no service ${client.service} runs the client ${client.name}`);
  const variableOf = (key: string | undefined): string | undefined => secretWithValue(client, deployment, key);
  return { client, location: service.location, ...openWebUiVariables(service.environment, variableOf) };
}

/** The secret of the policy with a value; of several with one value, one that the client's service may have. */
function secretWithValue(
  { service }: ServiceClient,
  { policy, facts }: Deployment,
  value: string | undefined,
): string | undefined {
  if (value === undefined) return undefined;
  const same = policy.secrets.filter((secret) => secret.in === "variable" && facts.secretValue(secret.name) === value);
  return (same.find(({ mayBeIn }) => mayBeIn.includes(`${service}.environment`)) ?? same[0])?.name;
}

/**
 * A client may have other model providers and MCP servers next to the gateway, which are not judged. Where none of its addresses for
 * models, or for MCP, is the gateway's, all of them count: one is then wrong. So does an address that gets a key of the gateway's.
 */
function ofGateway(settings: ClientSettings, deployment: Deployment): ClientSettings {
  const { client, endpoints, faults } = settings;
  const isGateways = ({ url }: ClientEndpoint): boolean => leadsToGateway(deployment, client, url);
  const secrets = new Set(deployment.policy.secrets.map(({ name }) => name));
  const others = endpoints.filter((endpoint) => {
    const hasGateway = endpoints.some((one) => one.for === endpoint.for && isGateways(one));
    const hasKey = !isInService(client) && endpoint.keyVariable !== undefined && secrets.has(endpoint.keyVariable);
    return hasGateway && !hasKey && !isGateways(endpoint);
  });
  const urls = new Set(others.map(({ url }) => url));
  return {
    ...settings,
    endpoints: endpoints.filter((endpoint) => !others.includes(endpoint)),
    faults: faults.filter(({ about }) => about === undefined || !urls.has(about)),
  };
}
