/** One request of a client, and its answer, as the front saw them. */
export interface LoginExchange {
  /** IPv4 address of the client's machine. */
  client: string;
  /** When the answer began, ISO 8601. */
  at: string;
  method: string;
  /** Without its query, which may have a code. */
  url: string;
  status: number;
  /** What the request is for, by its body. */
  kind: "mcp" | "registration" | "token" | "other";
  /** Method of the JSON-RPC message. */
  rpc?: string;
  /** `grant_type` of a request for a token. */
  grant?: string;
  /** Whether it came with a bearer token. */
  bearer: boolean;
  /** Claims of that token, where it is a JSON Web Token. */
  issuer?: string;
  audience?: readonly string[];
  /** The beginning of a refusal. */
  refusal?: string;
}

/** What a request says about itself; tokens and codes are left out. */
export function describeRequest(
  body: string,
  authorization: string | undefined,
): Pick<LoginExchange, "kind" | "rpc" | "grant" | "bearer" | "issuer" | "audience"> {
  const token = /^bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  const claims = objectIn(() => Buffer.from(token?.split(".")[1] ?? "", "base64url").toString());
  const { iss, aud } = claims ?? {};
  const audience = [aud].flat().filter((one) => typeof one === "string");
  const who = {
    bearer: token !== undefined,
    ...(typeof iss === "string" ? { issuer: iss } : {}),
    ...(claims === undefined ? {} : { audience }),
  };
  const message = objectIn(() => body);
  if (message?.jsonrpc === "2.0")
    return { kind: "mcp", ...(typeof message.method === "string" ? { rpc: message.method } : {}), ...who };
  if (message?.redirect_uris !== undefined) return { kind: "registration", ...who };
  const grant = new URLSearchParams(body).get("grant_type");
  return grant === null ? { kind: "other", ...who } : { kind: "token", grant, ...who };
}

function objectIn(text: () => string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
