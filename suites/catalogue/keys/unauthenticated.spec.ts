import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { unknownKey } from "../../../helpers/deployment/canaries.ts";
import { type Exchange, type HeaderLines, header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { initialize, mcpHeaders } from "../support/rpc.ts";

check({
  id: "CAT-10/no-key-through-traefik",
  requirements: ["CAT-10"],
  title: "without a key MCP answers 401 through Traefik",
  needs: ["gateway"],
  async run({ gateway }) {
    const { endpoint } = gateway.policy.mcp;
    judge(await begin(gateway, gateway.url(endpoint), []), await control(gateway, gateway.url(endpoint)));
  },
});

check({
  id: "CAT-10/no-key-at-litellm",
  requirements: ["CAT-10"],
  title: "without a key LiteLLM answers 401 on its own port",
  needs: ["gateway", "litellm-port"],
  async run({ gateway }) {
    const url = gateway.directUrl(gateway.policy.mcp.endpoint);
    judge(await begin(gateway, url, []), await control(gateway, url));
  },
});

check({
  id: "CAT-10/wrong-key",
  requirements: ["CAT-10"],
  title: "with a wrong key MCP answers 401",
  needs: ["gateway"],
  async run({ gateway }) {
    const url = gateway.url(gateway.policy.mcp.endpoint);
    judge(await begin(gateway, url, [["Authorization", `Bearer ${unknownKey}`]]), await control(gateway, url));
  },
});

function begin(gateway: GatewayTarget, url: string, headers: HeaderLines): Promise<Exchange> {
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
async function control(gateway: GatewayTarget, url: string): Promise<Exchange> {
  const exchange = await begin(gateway, url, [["Authorization", `Bearer ${gateway.masterKey}`]]);
  if (resultOf(exchange, 1) !== undefined) return exchange;
  throw new CheckFailure({
    summary: "the control fails: with the master key initialize has no result",
    evidence: exchangeEvidence(exchange),

    cause: "the endpoint is not MCP, or LiteLLM does not accept the key",
  });
}

function judge(refused: Exchange, allowed: Exchange): void {
  const { status, headers } = refused.response ?? {};
  if (status === 401 && header(headers, "www-authenticate") !== undefined) return;
  throw new CheckFailure({
    summary: status === 401 ? "a 401 without WWW-Authenticate" : `the answer is ${status ?? "none"}, not 401`,
    evidence: exchangeEvidence(refused),

    cause:
      status === 500
        ? "LiteLLM turns every refusal of its MCP endpoint into a 500 (BerriAI/litellm#37080)"
        : `with the master key the same request gets ${allowed.response?.status}: LiteLLM refuses otherwise than HTTP asks for`,
  });
}
