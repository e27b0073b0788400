import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { mcpHeaders, rpc } from "../support/rpc.ts";

check({
  id: "CAT-08/unknown-server-path",
  requirements: ["CAT-08"],
  title: "a path that names no server offers no tools",
  needs: ["gateway"],
  async run({ gateway }) {
    const { endpoint } = gateway.policy.mcp;
    const [known] = gateway.deployment.litellmConfig.upstreams.toReversed();
    const list = (path: string): Promise<Exchange> =>
      rpc(gateway, { path, method: "tools/list", bearer: gateway.masterKey });
    const control = await list(`${endpoint}${known?.name}`);
    if (toolsOf(control) === 0) {
      throw new CheckFailure({
        summary: `the control fails: the path of the server ${known?.name} offers no tools`,
        evidence: exchangeEvidence(control),

        cause: "this LiteLLM tells servers by another path",
      });
    }
    const nobody = await list(`${endpoint}no_such_server`);
    if (toolsOf(nobody) === 0) return;
    throw new CheckFailure({
      summary: `a path that names no server offers ${toolsOf(nobody)} tools`,
      evidence: exchangeEvidence(nobody),

      cause: "LiteLLM takes an unknown name for no name, and falls back to every server",
    });
  },
});

check({
  id: "CAT-09/endpoint-without-slash",
  requirements: ["CAT-09"],
  title: "the endpoint without its slash works for a POST, or redirects with method, scheme and host kept",
  needs: ["gateway"],
  async run({ gateway }) {
    const path = gateway.policy.mcp.endpoint.replace(/\/$/, "");
    for (const host of gateway.policy.hosts) {
      const exchange = await gateway.send({
        host,
        path,
        method: "POST",
        headers: mcpHeaders,
        bearer: gateway.masterKey,
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
        deadline: deadlines.mcpRequest,
      });
      const told = { sent: sentText(exchange), received: receivedText(exchange) };
      const status = exchange.response?.status;
      if (status === 200 && resultOf(exchange, 1) !== undefined) continue;
      // 307 and 308 alone keep the method (RFC 9110 §15.4.8, §15.4.9).
      if (status !== 307 && status !== 308) {
        throw new CheckFailure({
          ...told,
          summary: `a POST to ${path} is neither answered nor redirected with its method kept`,
          cause: "a client that leaves the slash out can't connect",
        });
      }
      const location = new URL(header(exchange.response?.headers, "location") ?? "", gateway.url(path, host));
      if (location.href === gateway.url(gateway.policy.mcp.endpoint, host)) continue;
      throw new CheckFailure({
        ...told,
        summary: `a POST to ${gateway.url(path, host)} is redirected to ${location.href}`,
        cause: "LiteLLM does not trust the proxy's X-Forwarded-Proto: set FORWARDED_ALLOW_IPS in its environment",
        location: gateway.deployment.litellm.location,
      });
    }
  },
});

function toolsOf(exchange: Exchange): number {
  const tools = resultOf(exchange, 1)?.tools;
  return Array.isArray(tools) ? tools.length : 0;
}
