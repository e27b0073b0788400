import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { errorOf, isMessage, type Message, messagesOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";

/**
 * Requires an error as the answer to a request: a JSON-RPC error, or a result that is marked as one (MCP tools, error
 * handling).
 *
 * @throws {CheckFailure} `success` for a result that is not marked, `other-id` when only another request is answered,
 * `no-answer` otherwise
 */
export function expectErrorAnswer(
  exchange: Exchange,
  id: number,
  { summary, cause }: Pick<FailureDetails, "summary" | "cause">,
): void {
  const result = resultOf(exchange, id);
  if (errorOf(exchange, id) !== undefined || result?.isError === true) return;
  const [message] = messagesOf(exchange);
  throw new CheckFailure({
    summary,
    ...(result === undefined
      ? otherAnswer(exchange, message)
      : { code: "success", actual: `a success: ${text(result)}` }),
    expected: `an error that answers the request ${id}`,
    ...(cause === undefined ? {} : { cause }),
    evidence: exchangeEvidence(exchange),
  });
}

/** @throws {CheckFailure} `wrong-status` */
export function expectStatus(exchange: Exchange, status: number, summary: string): void {
  if (exchange.response?.status === status) return;
  throw new CheckFailure({
    summary,
    code: "wrong-status",
    expected: `status ${status}`,
    actual: statusText(exchange),
    evidence: exchangeEvidence(exchange),
  });
}

/** The response's status for `actual` of a failure. */
export function statusText({ response, error }: Exchange): string {
  return response === undefined ? `no response: ${error ?? "unknown reason"}` : `status ${response.status}`;
}

function otherAnswer(exchange: Exchange, message: Message | undefined): { code: string; actual: string } {
  if (message?.id === undefined) return { code: "no-answer", actual: statusText(exchange) };
  return { code: "other-id", actual: `an answer to the request ${JSON.stringify(message.id)}` };
}

/** How much of a result a failure shows, in characters. */
const shownText = 200;

function text(result: Message): string {
  const parts = Array.isArray(result.content) ? result.content.filter(isMessage) : [];
  const texts = parts.flatMap((part) => (typeof part.text === "string" ? [part.text] : []));
  return (texts.join("\n") || JSON.stringify(result)).slice(0, shownText);
}
