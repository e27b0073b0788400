import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/sdk/types.js";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";

check({
  id: "CAT-01/handshake",
  requirements: ["CAT-01"],
  title: "initialize over streamable HTTP negotiates a protocol version and announces tools",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const exchange = await gateway.send({
      path: gateway.policy.mcp.endpoint,
      method: "POST",
      bearer: gateway.masterKey,
      headers: [
        ["Content-Type", "application/json"],
        ["Accept", "application/json, text/event-stream"],
      ],
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: {
          protocolVersion: LATEST_PROTOCOL_VERSION,
          capabilities: {},
          clientInfo: { name: "gateway-conformance", version: "1.0.0" },
        },
      }),
      deadline: deadlines.mcpRequest,
    });
    const told = { sent: sentText(exchange), received: receivedText(exchange) };
    const result = resultOf(exchange, 1);
    if (result === undefined) {
      throw new CheckFailure({
        ...told,
        summary: "initialize has no result",
        cause: `status ${exchange.response?.status}: the endpoint ${gateway.policy.mcp.endpoint} is not MCP, or the key is refused`,
      });
    }
    const { protocolVersion, capabilities, serverInfo } = result;
    if (typeof protocolVersion !== "string" || !SUPPORTED_PROTOCOL_VERSIONS.includes(protocolVersion)) {
      throw new CheckFailure({
        ...told,
        summary: `the negotiated protocol version is ${JSON.stringify(protocolVersion)}`,
      });
    }
    if (typeof capabilities !== "object" || capabilities === null || !("tools" in capabilities)) {
      throw new CheckFailure({
        ...told,
        summary: "initialize announces no tools",
        cause: "no upstream is registered",
      });
    }
    evidence.finding(
      `${gateway.policy.mcp.endpoint} negotiates MCP ${protocolVersion} as ${JSON.stringify(serverInfo)} and announces tools.`,
    );
  },
});
