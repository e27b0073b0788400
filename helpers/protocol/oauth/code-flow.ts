import { createHash, randomBytes } from "node:crypto";
import type { Exchange } from "../exchange.ts";
import type { HttpRequest } from "../recording-client.ts";
import { HeadlessBrowser } from "./headless-browser.ts";
import { jsonObject, textOf } from "./metadata-values.ts";
import { authorize, LoginError } from "./sdk-login.ts";

/** What an authorization code flow is run with. */
export interface CodeFlowOptions {
  send: (request: HttpRequest) => Promise<Exchange>;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  clientId: string;
  redirect: string;
  scope: string;
  user: { name: string; password: string };
}

/** The tokens of one login. */
export interface IssuedTokens {
  access: string;
  refresh: string | undefined;
  /** With the scope `openid` only. */
  id: string | undefined;
}

/** How a client proves that the code is its own. */
export type Proof = "S256" | "plain" | "none";

/** The address of an authorization request. */
export function authorizationUrl(
  { authorizationEndpoint, clientId, redirect, scope }: Omit<CodeFlowOptions, "send" | "user" | "tokenEndpoint">,
  proof: Proof,
  verifier: string,
): string {
  const url = new URL(authorizationEndpoint);
  const challenge = proof === "S256" ? createHash("sha256").update(verifier).digest("base64url") : verifier;
  for (const [name, value] of Object.entries({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirect,
    scope,
    state: randomBytes(12).toString("base64url"),
    ...(proof === "none" ? {} : { code_challenge: challenge, code_challenge_method: proof }),
  }))
    url.searchParams.set(name, value);
  return url.href;
}

/** A verifier for PKCE (RFC 7636). */
export function newVerifier(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * Logs a user in at a client by the authorization code flow with PKCE, without MCP's discovery.
 *
 * @throws {LoginError} for the step that failed
 */
export async function codeFlow(options: CodeFlowOptions): Promise<IssuedTokens> {
  const { send, clientId, redirect, tokenEndpoint } = options;
  const verifier = newVerifier();
  const parameters = await authorize(new HeadlessBrowser(send), authorizationUrl(options, "S256", verifier), options);
  const code = parameters.get("code");
  if (code === null)
    throw new LoginError("the login", parameters.get("error_description") ?? parameters.get("error") ?? "no code");
  const { exchange, tokens } = await requestTokens(send, tokenEndpoint, {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirect,
    client_id: clientId,
    code_verifier: verifier,
  });
  if (tokens === undefined)
    throw new LoginError(
      "the token request",
      `${exchange.response?.status ?? exchange.error}: ${exchange.response?.body}`,
    );
  return tokens;
}

/** Asks a token endpoint; tokens are undefined where it refuses. */
export async function requestTokens(
  send: CodeFlowOptions["send"],
  tokenEndpoint: string,
  parameters: Readonly<Record<string, string>>,
): Promise<{ exchange: Exchange; tokens: IssuedTokens | undefined }> {
  const exchange = await send({
    method: "POST",
    url: tokenEndpoint,
    headers: [["Content-Type", "application/x-www-form-urlencoded"]],
    body: new URLSearchParams(parameters).toString(),
  });
  const document = exchange.response?.status === 200 ? jsonObject(exchange) : undefined;
  const access = document && textOf(document, "access_token");
  if (document === undefined || access === undefined) return { exchange, tokens: undefined };
  return {
    exchange,
    tokens: { access, refresh: textOf(document, "refresh_token"), id: textOf(document, "id_token") },
  };
}
