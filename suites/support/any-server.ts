import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { NotSupported } from "../../helpers/checks/classify.ts";
import { demandedServers } from "../../helpers/deployment/litellm/expected-catalogue.ts";
import { runUpstreams } from "../../helpers/deployment/services/run-upstreams.ts";

/** @throws {NotSupported} when neither the policy nor LiteLLM's config has an MCP server */
export function expectAnyServer({ deployment }: Pick<GatewayTarget, "deployment">): void {
  if (runUpstreams(deployment).length === 0 && demandedServers(deployment).length === 0)
    throw new NotSupported("neither the policy nor LiteLLM's config has an MCP server");
}
