import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { atLeast } from "../../../helpers/deployment/litellm/version.ts";

/**
 * Why LiteLLM serves a path to a key that nobody has. 1.81.9 to 1.83.14 take a Bearer that they don't know for an OAuth token of an
 * upstream, and serve MCP to it as to an anonymous caller (`user_api_key_auth_mcp.py`); from 1.84.0 on for servers with
 * `auth_type: oauth2` only.
 */
export function anyKeyCause(version: string, isMcp: boolean): Pick<FailureDetails, "cause" | "fix"> {
  if (!isMcp || !atLeast(version, "1.81.9") || atLeast(version, "1.84.0"))
    return { cause: "LiteLLM serves this path whatever the key is" };
  return {
    cause: `LiteLLM ${version} takes a key that it does not know for an OAuth token of an upstream, and serves MCP to its caller without a key`,
    fix: "use LiteLLM 1.84.0 or newer",
  };
}
