import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import type { FailureEvidence } from "../../../helpers/checks/check-failure.ts";
import { header } from "../../../helpers/protocol/exchange.ts";

/**
 * A failure's evidence from what the MCP client did: the texts, and this check's requests to the endpoint with the key.
 *
 * @param sent what the client did, e.g. `initialize and tools/list`
 */
export function mcpEvidence(
  { http }: GatewayTarget,
  { url, key, sent, received }: { url: string; key: string; sent: string; received: string },
): FailureEvidence {
  // The SDK's client sends a URL in its normal form.
  const href = URL.canParse(url) ? new URL(url).href : url;
  const exchanges = http.exchanges.filter(
    ({ request }) => request.url === href && header(request.headers, "authorization") === `Bearer ${key}`,
  );
  return { sent: `${sent} at ${url}`, received, exchanges: exchanges.map(({ id }) => id) };
}
