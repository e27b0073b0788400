import { readFileSync } from "node:fs";
import { placeAtHost } from "../../../../helpers/deployment/clients/host-place.ts";
import { serviceOfClient, serviceReached } from "../../../../helpers/deployment/clients/service-place.ts";
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
  return { ...settings, endpoints: ofGateway(settings, deployment) };
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
 * Open WebUI may have other model providers next to the gateway, which are not judged. Where none of its addresses is the
 * gateway's, all of them count: one is then wrong.
 */
function ofGateway({ client, endpoints }: ClientSettings, deployment: Deployment): readonly ClientEndpoint[] {
  if (client.kind !== "open-webui" || !isInService(client)) return endpoints;
  const models = endpoints.filter((endpoint) => endpoint.for === "model");
  const others = models.filter(({ url }) => !namesGateway(url, client, deployment));
  return others.length === models.length ? endpoints : endpoints.filter((endpoint) => !others.includes(endpoint));
}

function namesGateway(url: string, client: PolicyClient, deployment: Deployment): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  const { policy, compose, litellm } = deployment;
  if (placeAtHost(deployment, client, url)?.leadsTo === "gateway") return true;
  const from = serviceOfClient(deployment, client);
  const reached = from && serviceReached(compose, from, hostname);
  return reached?.key === litellm.key || policy.hosts.some(({ name }) => name === hostname);
}
