import type { Policy } from "../../helpers/deployment/types.ts";

/** Paths of LiteLLM that need a credential; each would do another kind of harm without one. */
const sensitivePaths = [
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

/** The {@link sensitivePaths} and the policy's MCP endpoints, without those that the policy makes public. */
export function privatePaths(policy: Policy): string[] {
  const opened = new Set([
    ...policy.publicPaths.map(({ path }) => path),
    ...policy.injectedRoutes.map(({ path }) => path),
  ]);
  const own = [policy.mcp.endpoint, policy.mcp.stream];
  return [...new Set([...sensitivePaths, ...own])].filter(
    (path) => !opened.has(path) && !isBelowPublicPath(path, policy),
  );
}

function isBelowPublicPath(path: string, policy: Policy): boolean {
  return policy.publicPaths.some(
    (one) => one.below && path.startsWith(one.path.endsWith("/") ? one.path : `${one.path}/`),
  );
}
