import type { GatewayTarget } from "../../containers/targets/needs.ts";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { runUpstreams } from "../../helpers/deployment/services/run-upstreams.ts";
import type { ManagementApi } from "./management-api.ts";

/**
 * The cause where LiteLLM lets every key use a server that needs a grant by the deployment; else nothing.
 *
 * @param server name of a server that a key without a grant has
 */
export async function openedForAllKeys(
  { deployment }: GatewayTarget,
  api: ManagementApi,
  server: string,
): Promise<Pick<FailureDetails, "cause" | "location" | "fix">> {
  const meant = runUpstreams(deployment).find(({ name }) => name === server);
  if (meant === undefined || meant.allowAllKeys || !(await api.serversForAllKeys()).has(server)) return {};
  const inConfig = deployment.litellmConfig.upstreams.some(({ name }) => name === server);
  const where = inConfig ? "LiteLLM's config" : "LiteLLM (PUT /v1/mcp/server)";
  return {
    cause: `LiteLLM lets every key use ${server} (allow_all_keys), and the policy does not say so`,
    location: meant.location,
    fix: `set allow_all_keys of ${server} to false in ${where}, or to true in the policy`,
  };
}
