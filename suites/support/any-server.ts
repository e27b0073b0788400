import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { NotSupported } from "../../helpers/checks/classify.ts";
import { demandedServers } from "../../helpers/deployment/litellm/expected-catalogue.ts";
import { runUpstreams } from "../../helpers/deployment/services/run-upstreams.ts";
import type { Policy } from "../../helpers/deployment/types.ts";

/** @throws {NotSupported} when the run has no MCP server, by the policy or by LiteLLM's config */
export function expectAnyServer({ deployment }: Pick<GatewayTarget, "deployment">): void {
  if (runUpstreams(deployment).length === 0 && demandedServers(deployment).length === 0)
    throw new NotSupported(whyNoServer(deployment.policy));
}

/** @throws {NotSupported} when the policy names no MCP server, and when it leaves all of them out of the run */
export function expectPolicyServer({ upstreams }: Pick<Policy, "upstreams">): void {
  if (upstreams.every(({ leftOut }) => leftOut !== undefined))
    throw new NotSupported(whyNoServer({ upstreams }, "the policy names no MCP server that is part of the run"));
}

/**
 * Why the run has no MCP server: the policy's own reasons where it leaves servers out.
 *
 * @param otherwise the reason where it leaves none out
 */
export function whyNoServer(
  { upstreams }: Pick<Policy, "upstreams">,
  otherwise = "neither the policy nor LiteLLM's config has an MCP server",
): string {
  const leftOut = upstreams.flatMap(({ name, leftOut: why }) => (why === undefined ? [] : `${name} (${why})`));
  if (leftOut.length === 0) return otherwise;
  return `the MCP ${leftOut.length === 1 ? "server is" : "servers are"} left out of the run: ${leftOut.join(", ")}`;
}
