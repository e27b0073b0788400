import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { ComposeService } from "../../../helpers/deployment/compose/types.ts";

/**
 * Why the identity provider shows an error in place of its login: it does not know the redirect URI that the proxy sends. Undefined
 * where its page does not say so, and where the environment of the proxy has none.
 *
 * @param proxy oauth2-proxy's service
 * @param page the text of the provider's page
 */
export function causeOfRefusedRedirect(
  proxy: Pick<ComposeService, "environment"> | undefined,
  page: string,
): (Pick<FailureDetails, "location" | "fix"> & { cause: string }) | undefined {
  if (proxy === undefined || !/redirect[_ ]ur[il]/i.test(page)) return undefined;
  const written = proxy.environment.get("OAUTH2_PROXY_REDIRECT_URL");
  if (written === undefined) return undefined;
  return {
    cause: `the provider does not know the redirect URI ${written.value}`,
    location: written.location,
    fix: "write one that the provider has for this client, or register it there",
  };
}
