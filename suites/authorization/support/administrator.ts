import type { Login } from "../../../containers/targets/login.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { requestTokens } from "../../../helpers/protocol/oauth/code-flow.ts";
import { locationOfService } from "./login-target.ts";

/** The provider's administrator, past Traefik. */
export interface Administrator {
  /** An access token of the realm `master`. */
  token: string;
  /**
   * Sends a request to Keycloak's admin API.
   *
   * @param path below the admin API of the gateway's realm, e.g. `/components`
   */
  send(method: "POST" | "DELETE", path: string, body?: unknown): Promise<Exchange>;
}

/**
 * Logs the policy's administrator in at the provider.
 *
 * @returns undefined where the policy names none
 * @throws {CheckFailure} when the administrator of the policy can't log in
 */
export async function administratorOf(login: Login): Promise<Administrator | undefined> {
  const { admin, provider } = login.authorization;
  if (admin === undefined) return undefined;
  const { name, password } = login.person(admin);
  const { tokens, exchange } = await requestTokens(
    (request) => login.send(request),
    login.providerUrl("/realms/master/protocol/openid-connect/token"),
    { grant_type: "password", client_id: "admin-cli", username: name, password },
  );
  if (tokens === undefined)
    throw new CheckFailure({
      summary: `the policy's admin '${name}' can't log in at the provider`,
      code: "no-admin",
      expected: "a token",
      actual: `${exchange.response?.status ?? exchange.error}`,
      evidence: exchangeEvidence(exchange),
      ...locationOfService(login, provider),
      fix: "correct 'authorization.admin' in the policy",
    });
  return {
    token: tokens.access,
    send: async (method, path, body) =>
      await login.send({
        method,
        url: login.providerUrl(`/admin${login.realm}${path}`),
        headers: [
          ["Authorization", `Bearer ${tokens.access}`],
          ...(body === undefined ? [] : [["Content-Type", "application/json"] as const]),
        ],
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}
