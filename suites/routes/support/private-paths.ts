import type { Policy } from "../../../helpers/deployment/types.ts";

/** Paths of LiteLLM that nobody may reach without a credential, each of another kind of harm. */
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

/** The {@link sensitivePaths} that the policy does not open, and the policy's own endpoints. */
export function privatePaths(policy: Policy): string[] {
  const opened = new Set([
    ...policy.publicPaths.map(({ path }) => path),
    ...policy.injectedRoutes.map(({ path }) => path),
  ]);
  const own = [policy.mcp.endpoint, policy.mcp.stream];
  return [...new Set([...sensitivePaths, ...own])].filter((path) => !opened.has(path) && !liesBelow(path, policy));
}

function liesBelow(path: string, policy: Policy): boolean {
  return policy.publicPaths.some(
    (one) => one.below && path.startsWith(one.path.endsWith("/") ? one.path : `${one.path}/`),
  );
}
