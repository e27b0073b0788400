/** Host of the control, below the authority that the clients trust. */
export const controlHost = "control.login.internal";

const origin = `https://${controlHost}`;
/** As Keycloak's, below a path. */
const issuer = `${origin}/realms/control`;

/** MCP's address at the control. */
export const controlResource = `${origin}/mcp`;

const metadataUrl = `${origin}/.well-known/oauth-protected-resource/mcp`;
const accessToken = "control-token";

/** What the control answers. */
export interface ControlAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

const server = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/register`,
  response_types_supported: ["code"],
  grant_types_supported: ["authorization_code", "refresh_token"],
  code_challenge_methods_supported: ["S256"],
  token_endpoint_auth_methods_supported: ["none"],
  scopes_supported: ["mcp"],
  // RFC 9207, as Keycloak: without it Codex waits for its code at a path for each server.
  authorization_response_iss_parameter_supported: true,
};

const documents: Readonly<Record<string, unknown>> = {
  "/.well-known/oauth-protected-resource/mcp": {
    resource: controlResource,
    authorization_servers: [issuer],
    scopes_supported: ["mcp"],
    bearer_methods_supported: ["header"],
  },
  "/.well-known/oauth-authorization-server/realms/control": server,
  "/realms/control/.well-known/openid-configuration": server,
};

/**
 * A correct gateway with a correct login that asks for nothing: every client may register, whoever asks is logged in, and MCP has
 * one tool. A client that does not complete here does not complete anywhere.
 *
 * @param path with its query
 */
export function answerOfControl(
  method: string,
  path: string,
  authorization: string | undefined,
  body: string,
): ControlAnswer {
  const url = new URL(path, origin);
  const document = documents[url.pathname];
  if (method === "GET" && document !== undefined) return { status: 200, body: document };
  switch (`${method} ${url.pathname}`) {
    case "POST /realms/control/register":
      return { status: 201, body: { client_id: "control-client", ...(JSON.parse(body) as object) } };
    case "GET /realms/control/authorize":
      return authorized(url.searchParams);
    case "POST /realms/control/token":
      return {
        status: 200,
        headers: { "cache-control": "no-store" },
        body: {
          access_token: accessToken,
          token_type: "Bearer",
          expires_in: 300,
          refresh_token: "control-refresh",
          scope: "mcp",
        },
      };
  }
  if (url.pathname.replace(/\/$/, "") !== "/mcp") return { status: 404, body: { error: "not found" } };
  if (authorization?.toLowerCase() !== `bearer ${accessToken}`)
    return {
      status: 401,
      headers: { "www-authenticate": `Bearer resource_metadata="${metadataUrl}"` },
      body: { error: "invalid_token" },
    };
  return method === "POST" ? answerOfMcp(JSON.parse(body) as RpcMessage) : { status: 405 };
}

/** The client gets its code at once: PKCE's method is what it must have asked for. */
function authorized(asked: URLSearchParams): ControlAnswer {
  const redirect = asked.get("redirect_uri");
  if (redirect === null || asked.get("code_challenge_method") !== "S256") return { status: 400 };
  const back = new URL(redirect);
  back.searchParams.set("code", "control-code");
  back.searchParams.set("iss", issuer);
  const state = asked.get("state");
  if (state !== null) back.searchParams.set("state", state);
  return { status: 302, headers: { location: back.href } };
}

interface RpcMessage {
  id?: number | string;
  method?: string;
  params?: { protocolVersion?: string };
}

function answerOfMcp({ id, method, params }: RpcMessage): ControlAnswer {
  if (id === undefined) return { status: 202 };
  const message = { jsonrpc: "2.0", id };
  switch (method) {
    case "initialize":
      return {
        status: 200,
        body: {
          ...message,
          result: {
            protocolVersion: params?.protocolVersion ?? "2025-06-18",
            capabilities: { tools: {} },
            serverInfo: { name: "control", version: "1" },
          },
        },
      };
    case "tools/list":
      return {
        status: 200,
        body: {
          ...message,
          result: { tools: [{ name: "control", description: "The control.", inputSchema: { type: "object" } }] },
        },
      };
    case "ping":
      return { status: 200, body: { ...message, result: {} } };
    default:
      return { status: 200, body: { ...message, error: { code: -32601, message: `Method not found: ${method}` } } };
  }
}
