import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { errorOf, messagesOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { statusText } from "./error-answers.ts";
import { catalogueName, missingSaltKey, toolsOf } from "./mcp-client.ts";
import { rpc, toolNamesIn } from "./rpc.ts";

/** Upstreams that cannot answer: nothing listens for the first, the command of the second does not exist. */
export const deadUpstreams = ["dead", "missing"];

/** The working upstream whose tools must all be listed. */
const working = "unwell";

/** More pages than any working listing has. */
const maxPages = 10;

/**
 * Lists a working upstream together with failing ones: every tool of the working one must be there.
 *
 * @param deadline of one page, in milliseconds
 * @throws {CheckFailure} `listing-failed` when the listing ends in an error or has no answer; `missing-tools`
 */
export async function expectIsolated(
  testGateway: TestGateway,
  failing: readonly string[],
  deadline: number,
): Promise<void> {
  const path = testGateway.endpoint(...failing, working);
  const together = `listed together with ${failing.join(" and ")}`;
  const direct = await toolsOf(`the upstream ${working}`, testGateway.upstream(working));
  const expected = direct.map(({ name }) => catalogueName(testGateway, working, name));
  const pages: Exchange[] = [];
  let cursor: string | undefined;
  // Page by page and without the SDK: a client discards the pages that came before an error.
  do {
    const params = cursor === undefined ? {} : { params: { cursor } };
    const exchange = await rpc(testGateway, { path, method: "tools/list", ...params, deadline });
    const result = resultOf(exchange, 1);
    if (result === undefined) {
      throw new CheckFailure({
        summary: `${working}, ${together}: the listing fails`,
        code: "listing-failed",
        expected: `the ${expected.length} tools of ${working}`,
        actual: errorText(exchange),
        cause: "LiteLLM returns one upstream's failure as the answer for all of them",
        ...missingSaltKey(exchange.response?.body ?? ""),
        evidence: exchangeEvidence(exchange),
      });
    }
    pages.push(exchange);
    cursor = typeof result.nextCursor === "string" ? result.nextCursor : undefined;
  } while (cursor !== undefined && pages.length < maxPages);
  const names = new Set(pages.flatMap(toolNamesIn));
  const missing = expected.filter((name) => !names.has(name));
  const last = pages.at(-1);
  if (missing.length === 0 || last === undefined) return;
  throw new CheckFailure({
    summary: `${working}, ${together}: tools are missing`,
    code: "missing-tools",
    expected: `the ${expected.length} tools of ${working}`,
    actual: `${expected.length - missing.length} of them`,
    cause: "a failing upstream hides the tools of others",
    evidence: {
      ...exchangeEvidence(last),
      received: missing.map((name) => `- ${name} (missing)`).join("\n"),
    },
  });
}

function errorText(exchange: Exchange): string {
  const id = messagesOf(exchange)[0]?.id;
  const error = typeof id === "number" || typeof id === "string" || id === null ? errorOf(exchange, id) : undefined;
  return error === undefined ? statusText(exchange) : `the error ${String(error.code)}`;
}
