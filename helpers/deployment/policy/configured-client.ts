import type { ConfiguredClient, PolicyClient } from "./types.ts";

/** Whether the deployment has the client's config file. */
export function hasConfig(client: PolicyClient): client is ConfiguredClient {
  return client.config !== undefined;
}
