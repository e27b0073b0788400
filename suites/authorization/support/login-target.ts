import type { Login } from "../../../containers/targets/login.ts";
import type { LoginTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { classify } from "../../../helpers/checks/classify.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { noAuthorization, type SourceLocation } from "../../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import { codeFlow, type IssuedTokens } from "../../../helpers/protocol/oauth/code-flow.ts";
import { readClaims, type TokenClaims } from "../../../helpers/protocol/oauth/json-web-token.ts";
import { LoginError } from "../../../helpers/protocol/oauth/sdk-login.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { otherExpectedClaim } from "./expected-claims.ts";

/** Longer lives than this are not waited for, in seconds. */
export const longestWait = 60;

/** The login rig; ends the check where the policy has no login of its own. */
export function realLogin({ real }: LoginTarget, evidence: Evidence): Login {
  return real ?? evidence.notSupported(noAuthorization);
}

/** The provider's endpoints, as Keycloak has them below the issuer. */
export function endpointsOf({ authorization: { issuer } }: Login) {
  const base = `${issuer}/protocol/openid-connect`;
  return {
    authorizationEndpoint: `${base}/auth`,
    tokenEndpoint: `${base}/token`,
    revocationEndpoint: `${base}/revoke`,
    registrationEndpoint: `${issuer}/clients-registrations/openid-connect`,
  };
}

/**
 * Logs the policy's user in at a client, without MCP's discovery.
 *
 * @throws {CheckFailure} when nobody can log in
 */
export async function tokensOf(login: Login, clientId: string, scope: string): Promise<IssuedTokens> {
  try {
    return await codeFlow({
      ...endpointsOf(login),
      send: (request) => login.send(request),
      clientId,
      redirect: login.redirect,
      scope,
      user: login.person(login.authorization.user),
    });
  } catch (error) {
    throw loginFailure(login, `${clientId} with scope '${scope}'`, error);
  }
}

/** The scopes that a client of MCP asks for. */
export function mcpScope({ authorization: { scopes } }: Login): string {
  return scopes.length === 0 ? "openid" : scopes.join(" ");
}

/**
 * Sends MCP's first message with a credential, or without one. A redirect that keeps the method and the host is followed, as
 * clients do: LiteLLM 1.77.1 sends `/mcp` to `/mcp/`.
 */
export async function initialize(login: Login, bearer: string | undefined): Promise<Exchange> {
  const { resource } = login.authorization;
  const first = await sendInitialize(login, resource, bearer);
  const { status = 0, headers } = first.response ?? {};
  const location = status === 307 || status === 308 ? header(headers, "location") : undefined;
  if (location === undefined) return first;
  const target = new URL(location, resource);
  return target.origin === new URL(resource).origin ? await sendInitialize(login, target.href, bearer) : first;
}

/**
 * Expects that the gateway accepts a token of the provider for it.
 *
 * @throws {CheckFailure} when it does not: then what a check concludes from other tokens proves nothing
 */
export async function expectAccepted(login: Login, token: string): Promise<void> {
  const exchange = await initialize(login, token);
  if (exchange.response?.status === 200) return;
  throw new CheckFailure({
    summary: "the right token is refused, so that the others prove nothing",
    code: "right-token-refused",
    expected: "200 from LiteLLM",
    actual: `${exchange.response?.status ?? exchange.error}`,
    evidence: exchangeEvidence(exchange),
    ...causeOfRefusal(login, exchange),
  });
}

async function sendInitialize(login: Login, url: string, bearer: string | undefined): Promise<Exchange> {
  return await login.send({
    method: "POST",
    url,
    headers: [
      ["Accept", "application/json, text/event-stream"],
      ["Content-Type", "application/json"],
      ...(bearer === undefined ? [] : [["Authorization", `Bearer ${bearer}`] as const]),
    ],
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "conformance", version: "1" } },
    }),
  });
}

/** The line of a compose service. */
export function locationOfService(login: Login, name: string): { location?: SourceLocation } {
  const location = login.deployment.compose.services.get(name)?.location;
  return location === undefined ? {} : { location };
}

/** The line that says who judges tokens: `custom_auth` in LiteLLM's config; LiteLLM's service without it. */
export function locationOfTokenJudge(login: Login): { location?: SourceLocation } {
  const written = login.deployment.litellmConfig.texts.find(
    ({ path }) => path.join("\n") === "general_settings\ncustom_auth",
  );
  return written === undefined
    ? locationOfService(login, login.policy.services.litellm)
    : { location: written.value.location };
}

/**
 * Turns what a client or a user ran into into a failure with its likely cause, by the step that failed and the last refused
 * exchange.
 */
export function loginFailure(login: Login, who: string, error: unknown): unknown {
  // What a client's own library reports is the only unknown kind of error here.
  if (!(error instanceof Error) || classify(error) !== "own-fault") return error;
  const step = error instanceof LoginError ? error.step : "the connection";
  const refused = login.http.exchanges.findLast(({ response }) => (response?.status ?? 599) >= 400);
  return new CheckFailure({
    summary: `${who}: ${step} fails: ${error.message}`,
    code: `no-${step.replaceAll(/^the /g, "").replaceAll(" ", "-")}`,
    expected: "a login that ends in a tool call",
    actual: error.message,
    ...(refused === undefined ? {} : { evidence: exchangeEvidence(refused) }),
    ...causeOfRefusal(login, refused),
  });
}

/** Why LiteLLM or the identity provider refuses a request of a login. */
export function causeOfRefusal(
  login: Login,
  refused: Exchange | undefined,
): Pick<FailureDetails, "cause" | "location" | "fix" | "follows"> {
  const bearer = header(refused?.request.headers, "authorization") ?? "";
  return causeOfRefused(login, {
    url: refused?.request.url ?? "",
    status: refused?.response?.status,
    body: refused?.response?.body ?? "",
    claims: readClaims(bearer.replace(/^Bearer /i, "")),
  });
}

/** A request of a login that was refused. */
export interface RefusedRequest {
  url: string;
  status: number | undefined;
  /** Of the answer. */
  body: string;
  /** Of the token that the request came with; undefined without one, or where it is opaque. */
  claims: Pick<TokenClaims, "iss" | "aud"> | undefined;
}

/** The same for a request that somebody else saw. */
export function causeOfRefused(
  login: Login,
  { url, status, body, claims }: RefusedRequest,
): Pick<FailureDetails, "cause" | "location" | "fix" | "follows"> {
  const provider = locationOfService(login, login.authorization.provider);
  if (url.includes("/clients-registrations/"))
    return {
      cause: `the provider refuses the registration: ${body.slice(0, 200)}`,
      ...provider,
      fix: "allow it in Keycloak's client registration policies (Trusted Hosts: the redirect URI's host), or remove 'dynamic' from the policy's 'registration'",
    };
  if (url.startsWith(login.authorization.resource)) {
    const litellm = locationOfService(login, login.policy.services.litellm);
    if (/enterprise/i.test(body))
      return {
        cause: "LiteLLM's enable_jwt_auth needs an Enterprise licence, and there is none",
        ...litellm,
        fix: "judge tokens by custom_auth, or set LITELLM_LICENSE",
      };
    if (claims !== undefined && !claims.aud.includes(login.authorization.audience))
      return {
        cause: `the token's audience is ${claims.aud.join(", ") || "empty"}, not ${login.authorization.audience}: no audience mapper adds it`,
        ...provider,
        fix: "add an audience mapper to a default client scope of the realm, so that clients that register themselves get it too",
      };
    if (claims !== undefined && claims.iss !== login.authorization.issuer)
      return {
        cause: `the token's issuer is ${claims.iss}, not ${login.authorization.issuer}`,
        ...provider,
        fix: "set Keycloak's --hostname (KC_HOSTNAME) to the issuer's origin",
      };
    const other =
      claims && (status === 401 || status === 403) && otherExpectedClaim(login.deployment, login.authorization);
    if (other) return other;
    const does = status === 401 || status === 403 ? "refuses" : `answers ${status ?? "nothing"} to`;
    return { cause: `LiteLLM ${does} a token of the right issuer and audience`, ...litellm };
  }
  if (/offline/i.test(body))
    return {
      cause: "the user may not have offline tokens",
      ...provider,
      fix: "give users the realm's default roles",
    };
  const isElsewhere = URL.canParse(url) && new URL(url).host === new URL(login.authorization.issuer).host;
  if (isElsewhere && status === 404 && !url.startsWith(login.authorization.issuer))
    return {
      cause: `a client asks for ${new URL(url).pathname}, which is not below the issuer ${login.authorization.issuer}`,
      ...provider,
      follows: "AUTH-03/discovery",
    };
  return provider;
}
