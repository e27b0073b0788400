import type { Gateway } from "../../../containers/targets/gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { unknownKey } from "../../../helpers/deployment/canaries.ts";
import { type Exchange, type HeaderLines, header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { conformance } from "../../runner/conformance.ts";
import { initialize, mcpHeaders } from "../support/rpc.ts";

conformance(["CAT-10"], "without a key MCP answers 401 through Traefik", async ({ gateway }) => {
  const { endpoint } = gateway.policy.mcp;
  judge(await begin(gateway, gateway.url(endpoint), []), await control(gateway, gateway.url(endpoint)));
});

conformance(["CAT-10"], "without a key LiteLLM itself answers 401 on its own port", async ({ gateway }) => {
  const url = gateway.directUrl(gateway.policy.mcp.endpoint);
  judge(await begin(gateway, url, []), await control(gateway, url));
});

conformance(["CAT-10"], "with a wrong key MCP answers 401", async ({ gateway }) => {
  const url = gateway.url(gateway.policy.mcp.endpoint);
  judge(await begin(gateway, url, [["Authorization", `Bearer ${unknownKey}`]]), await control(gateway, url));
});

function begin(gateway: Gateway, url: string, headers: HeaderLines): Promise<Exchange> {
  const body = { jsonrpc: "2.0", id: 1, method: "initialize", params: initialize("2025-06-18") };
  return gateway.wire.send({
    url,
    method: "POST",
    headers: [...mcpHeaders, ...headers],
    body: JSON.stringify(body),
    deadline: deadlines.mcpRequest,
  });
}

/** The same request with a key: the endpoint is up. */
async function control(gateway: Gateway, url: string): Promise<Exchange> {
  const exchange = await begin(gateway, url, [["Authorization", `Bearer ${gateway.masterKey}`]]);
  if (resultOf(exchange, 1) !== undefined) return exchange;
  throw new CheckFailure({
    what: "the control fails: with the master key initialize has no result",
    sent: sentText(exchange),
    received: receivedText(exchange),
    cause: "the endpoint is not MCP, or LiteLLM does not accept the key",
  });
}

function judge(refused: Exchange, allowed: Exchange): void {
  const { status, headers } = refused.response ?? {};
  if (status === 401 && header(headers, "www-authenticate") !== undefined) return;
  throw new CheckFailure({
    what: status === 401 ? "a 401 without WWW-Authenticate" : `the answer is ${status ?? "none"}, not 401`,
    sent: sentText(refused),
    received: receivedText(refused),
    cause:
      status === 500
        ? "LiteLLM turns every refusal of its MCP endpoint into a 500 (BerriAI/litellm#37080)"
        : `with the master key the same request gets ${allowed.response?.status}: LiteLLM refuses otherwise than HTTP asks for`,
  });
}
