import type { ConfiguredClient, PolicyClient, ServiceClient } from "./types.ts";

/** Whether the deployment has the client's config file. */
export function hasConfig(client: PolicyClient): client is ConfiguredClient {
  return client.config !== undefined;
}

/** Whether a compose service of the deployment runs the client. */
export function isInService(client: PolicyClient): client is ServiceClient {
  return client.service !== undefined;
}

/** Whether the deployment says how the client is configured: in a file, or in the environment of a service. */
export function hasSettings(client: PolicyClient): client is ConfiguredClient | ServiceClient {
  return hasConfig(client) || isInService(client);
}
