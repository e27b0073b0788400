import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { catalogueName, withClient } from "./listings.ts";
import { mcpHeaders } from "./rpc.ts";

/** Upstreams that can't answer, each told by LiteLLM in its own time. */
export const dead = ["dead", "missing"];

/**
 * A sound upstream is listed whole beside sick ones.
 *
 * @param deadline of one page, in milliseconds
 * @throws {CheckFailure} with what is missing
 */
export async function expectBeside(trial: TestGateway, sick: readonly string[], deadline: number): Promise<void> {
  const sound = "unwell";
  const direct = await withClient(trial.upstream(sound), listTools);
  const names: string[] = [];
  let cursor: string | undefined;
  // By hand and page by page: what has come before an error counts for nothing, as it does for a client.
  for (let page = 0; page < 10; page++) {
    const exchange = await trial.send({
      path: trial.endpoint(...sick, sound),
      method: "POST",
      headers: mcpHeaders,
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/list",
        ...(cursor === undefined ? {} : { params: { cursor } }),
      }),
      deadline,
    });
    const result = resultOf(exchange, 1);
    if (result === undefined) {
      throw new CheckFailure({
        summary: `beside ${sick.join(" and ")} the listing of ${sound} ends in an error`,
        evidence: exchangeEvidence(exchange),

        cause: "LiteLLM gives one upstream's failure for the answer of all",
      });
    }
    const { tools, nextCursor } = result;
    if (Array.isArray(tools)) names.push(...tools.map(({ name }: { name: string }) => name));
    if (typeof nextCursor !== "string") break;
    cursor = nextCursor;
  }
  const missing = direct.map(({ name }) => catalogueName(sound, name)).filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  throw new CheckFailure({
    summary: `beside ${sick.join(" and ")} tools of ${sound} are missing`,
    evidence: {
      sent: `tools/list at ${trial.endpoint(...sick, sound)}`,
      received: missing.map((name) => `- ${name}`).join("\n"),
    },

    cause: "a failing upstream takes others with it",
  });
}
