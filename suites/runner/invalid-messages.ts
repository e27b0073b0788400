import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { faultText, protocolReport } from "../../helpers/protocol/protocol.ts";

/** The requirement that an invalid message counts against, in addition to those of the check that carried it. */
export const invalidMessageRequirement = "CAT-11";

/** What MCP's schemas reject among the messages of a check; undefined when every message is valid. */
export function invalidMessages(exchanges: readonly Exchange[]): FailureDetails | undefined {
  const { faults } = protocolReport(exchanges);
  const [first] = faults;
  if (first === undefined) return undefined;
  const exchange = exchanges.find(({ id }) => id === first.exchange);
  const texts = [...new Set(faults.map(faultText))];
  return {
    summary: `${faults.length} JSON-RPC message(s) that MCP's schema does not allow:\n${texts.join("\n")}`,
    code: "invalid-message",
    expected: "messages that are valid by the schema of the session's revision",
    actual: `${faults.length} invalid message(s)`,
    cause: "LiteLLM, or an upstream whose answer it forwards unchanged",
    ...(exchange === undefined ? {} : { evidence: exchangeEvidence(exchange) }),
  };
}
