import { LATEST_PROTOCOL_VERSION, SUPPORTED_PROTOCOL_VERSIONS } from "@modelcontextprotocol/sdk/types.js";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { isMessage, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { expectAnyServer } from "../../support/any-server.ts";
import { statusText } from "../support/error-answers.ts";
import { initializeParams, rpc } from "../support/rpc.ts";

check({
  id: "CAT-01/handshake",
  requirements: ["CAT-01"],
  title: "initialize over streamable HTTP negotiates a protocol version and announces tools",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { endpoint } = gateway.policy.mcp;
    const exchange = await rpc(gateway, {
      path: endpoint,
      method: "initialize",
      params: initializeParams(LATEST_PROTOCOL_VERSION),
      bearer: gateway.masterKey,
    });
    const result = resultOf(exchange, 1);
    if (result === undefined) {
      expectAnyServer(gateway);
      throw new CheckFailure({
        summary: "initialize has no result",
        code: "no-result",
        expected: "a result",
        actual: statusText(exchange),
        cause: `the endpoint ${endpoint} is not MCP, or the key is refused`,
        evidence: exchangeEvidence(exchange),
      });
    }
    const { protocolVersion, capabilities, serverInfo } = result;
    if (typeof protocolVersion !== "string" || !SUPPORTED_PROTOCOL_VERSIONS.includes(protocolVersion)) {
      throw new CheckFailure({
        summary: "the negotiated protocol version is unknown",
        code: "unknown-version",
        expected: `one of ${SUPPORTED_PROTOCOL_VERSIONS.join(", ")}`,
        actual: JSON.stringify(protocolVersion) ?? "none",
        evidence: exchangeEvidence(exchange),
      });
    }
    if (!isMessage(capabilities) || !("tools" in capabilities)) {
      throw new CheckFailure({
        summary: "initialize announces no tools",
        code: "no-tools-capability",
        expected: "tools among the capabilities",
        actual: JSON.stringify(capabilities) ?? "no capabilities",
        cause: "no upstream is registered",
        evidence: exchangeEvidence(exchange),
      });
    }
    evidence.finding(
      `${endpoint} negotiates MCP ${protocolVersion} as ${JSON.stringify(serverInfo)} and announces tools.`,
    );
  },
});
