import { randomUUID } from "node:crypto";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc, toolNamesIn } from "../support/rpc.ts";
import { beginSession, listInSession, namesOffered, type Session } from "../support/session.ts";

/** The upstream that holds its listing, and one that answers at once. */
const held = "held";
const other = "unwell";

/** One tool of each. */
const tools = [
  { server: held, tool: "slow" },
  { server: other, tool: "answer" },
];

check({
  id: "CAT-29/aborted-listing",
  requirements: ["CAT-29"],
  title: "a client that leaves during its listing harms no later call",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const expected = await namesOffered(testGateway, held, other);
    const session = await beginSession(testGateway, held, other);
    // Control, twice: the second result may be the first one's.
    for (const { server, tool } of [...tools, ...tools]) await expectCalledBefore(testGateway, session, server, tool);
    const aborted = await abortListing(testGateway, session);
    if (aborted === undefined)
      return evidence.notSupported(
        "LiteLLM lists without asking the upstream: no listing lasts long enough to be aborted",
      );
    const later = [
      { whose: session.id === undefined ? "the same client" : "the same session", in: session },
      { whose: "a new client", in: await beginSession(testGateway, held, other) },
    ];
    await forEachCase(
      "after an aborted listing every tool is listed and can be called",
      later,
      ({ whose }) => whose,
      async ({ in: one }) => {
        // Calls first: a listing repairs what an aborted one has left behind.
        for (const { server, tool } of tools) await expectCalledAfter(testGateway, one, server, tool, aborted);
        await expectListed(testGateway, one, expected, aborted);
      },
    );
  },
});

/**
 * Begins a listing, and closes the connection while the upstream has not answered.
 *
 * @returns undefined when the listing ends without the upstream's answer
 * @throws {CheckFailure} `listing-failed` when it ends in that way, and does not list the tools
 */
async function abortListing(testGateway: TestGateway, session: Session): Promise<Exchange | undefined> {
  const abort = new AbortController();
  await testGateway.setListings(held, "holds");
  try {
    let ended: Exchange | undefined;
    const listing = listInSession(testGateway, session, abort.signal).then((exchange) => {
      ended = exchange;
      return exchange;
    });
    await until("the upstream was asked for its tools", deadlines.mcpRequest, async () =>
      ended !== undefined || (await testGateway.listingsOf(held)).held > 0 ? true : undefined,
    );
    if (ended === undefined) {
      abort.abort(new Error("closed by the check"));
      return await listing;
    }
    if (resultOf(ended, 1) !== undefined) return undefined;
    throw new CheckFailure({
      summary: "a listing fails before any upstream has answered",
      code: "listing-failed",
      expected: "LiteLLM waits for the upstream",
      actual: statusText(ended),
      location: testGateway.deployment.litellm.location,
      evidence: exchangeEvidence(ended),
    });
  } finally {
    await testGateway.setListings(held, "answers");
  }
}

async function expectCalledBefore(
  testGateway: TestGateway,
  session: Session,
  server: string,
  tool: string,
): Promise<void> {
  const { name, wanted, exchange, holds } = await call(testGateway, session, server, tool);
  if (holds) return;
  throw new CheckFailure({
    summary: `${name} does not return its own result before any listing is aborted`,
    code: "call-fails-before",
    expected: wanted,
    actual: statusText(exchange),
    cause: "calls through LiteLLM fail, or get the results of others; see CAT-04 and CAT-13",
    follows: "CAT-13/twenty-clients-http",
    evidence: exchangeEvidence(exchange),
  });
}

async function expectCalledAfter(
  testGateway: TestGateway,
  session: Session,
  server: string,
  tool: string,
  aborted: Exchange,
): Promise<void> {
  const { name, wanted, exchange, holds } = await call(testGateway, session, server, tool);
  if (holds) return;
  throw new CheckFailure({
    summary: `after an aborted listing a call of ${name} does not return its own result`,
    code: "call-harmed",
    expected: wanted,
    actual: statusText(exchange),
    cause:
      "an aborted listing leaves LiteLLM without the tool's upstream, or with a session that it has ended (BerriAI/litellm#24089)",
    location: testGateway.deployment.litellm.location,
    evidence: exchangeEvidence(exchange, aborted),
  });
}

/** A call with a token of its own, which must be in the result. */
async function call(
  testGateway: TestGateway,
  { path, headers }: Session,
  server: string,
  tool: string,
): Promise<{ name: string; wanted: string; exchange: Exchange; holds: boolean }> {
  const token = randomUUID();
  const name = catalogueName(testGateway, server, tool);
  const wanted = `${tool} got ${token}`;
  const params = { name, arguments: { token } };
  const exchange = await rpc(testGateway, { path, headers, method: "tools/call", params });
  return { name, wanted, exchange, holds: exchange.response?.body.includes(wanted) === true };
}

async function expectListed(
  testGateway: TestGateway,
  session: Session,
  expected: readonly string[],
  aborted: Exchange,
): Promise<void> {
  const exchange = await listInSession(testGateway, session);
  const listed = toolNamesIn(exchange).sort();
  const different = differences(expected, listed);
  if (different.length === 0) return;
  throw new CheckFailure({
    summary: "the listing after an aborted one is not complete",
    code: "listing-harmed",
    expected: `the ${expected.length} tools of ${held} and ${other}`,
    actual: `${listed.length} tools, ${statusText(exchange)}`,
    cause: "an aborted listing leaves LiteLLM with a part of the catalogue, or with a session that it has ended",
    location: testGateway.deployment.litellm.location,
    evidence: { ...exchangeEvidence(exchange, aborted), received: different.join("\n") },
  });
}
