import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { NotSupported } from "../../helpers/checks/classify.ts";
import { demandedServers } from "../../helpers/deployment/litellm/expected-catalogue.ts";
import { runUpstreams } from "../../helpers/deployment/services/run-upstreams.ts";
import type { Policy } from "../../helpers/deployment/types.ts";

/** @throws {NotSupported} when neither the policy nor LiteLLM's config has an MCP server */
export function expectAnyServer({ deployment }: Pick<GatewayTarget, "deployment">): void {
  if (runUpstreams(deployment).length === 0 && demandedServers(deployment).length === 0)
    throw new NotSupported("neither the policy nor LiteLLM's config has an MCP server");
}

/** @throws {NotSupported} when the policy names no MCP server, and when it leaves all of them out of the run */
export function expectPolicyServer({ upstreams }: Pick<Policy, "upstreams">): void {
  if (upstreams.every(({ leftOut }) => leftOut !== undefined))
    throw new NotSupported("the policy names no MCP server that is part of the run");
}
