import { decide, isOpen } from "../../helpers/deployment/policy/access.ts";
import type { Policy } from "../../helpers/deployment/types.ts";

/** Paths of LiteLLM that need a credential; each would do another kind of harm without one. */
export const sensitivePaths = [
  "/v1/models",
  "/v1/chat/completions",
  "/v1/responses",
  "/key/generate",
  "/key/info",
  "/user/list",
  "/config/yaml",
  "/get/config/callbacks",
  "/mcp/",
  "/mcp/tools",
  "/mcp-rest/tools/list",
  "/v1/mcp/tools",
  "/mcp-rest/test/connection",
  "/model/info",
  "/spend/logs",
  "/routes",
] as const;

/** What LiteLLM itself serves to anyone (BerriAI/litellm, `LiteLLMRoutes.public_routes`), unless a custom_auth refuses it. */
export const ownPublicPaths: readonly string[] = ["/config/yaml", "/routes"];

/**
 * The {@link sensitivePaths} and the policy's MCP endpoints, without those that some host opens to anyone. Where LiteLLM alone
 * judges, its own public paths are open.
 */
export function privatePaths(policy: Policy): string[] {
  const decisions = (path: string): string[] =>
    policy.hosts
      .map((host) => decide(policy, host, { method: "GET", path }))
      .filter((decision) => isOpen(decision))
      .map(({ who }) => who);
  return [...new Set([...sensitivePaths, policy.mcp.endpoint, policy.mcp.stream])].filter((path) => {
    const by = decisions(path);
    if (by.includes("anyone") || by.includes("injected")) return false;
    return !(by.includes("litellm") && ownPublicPaths.includes(path));
  });
}
