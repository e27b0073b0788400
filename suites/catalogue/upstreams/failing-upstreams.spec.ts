import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { errorOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { check } from "../../runner/check.ts";
import { expectErrorAnswer, statusText } from "../support/error-answers.ts";
import { deadUpstreams, expectIsolated } from "../support/listing-isolation.ts";
import { catalogueName, clientEvidence, withClient } from "../support/mcp-client.ts";
import { serverOutcomes } from "../support/missing-tools-reasons.ts";
import { rpc, toolNamesIn } from "../support/rpc.ts";

check({
  id: "CAT-11/invalid-schema-isolated",
  requirements: ["CAT-11", "CAT-12"],
  title: "a tool with an invalid schema reaches no client, and hides no other tool of its upstream",
  needs: ["testGateway"],
  async run({ testGateway }) {
    // A client that rejects the listing for one schema has no tool, like one that gets an empty listing.
    const listing = withClient(testGateway.endpoint("untyped"), testGateway.mcp("untyped"), listTools);
    const offered = await listing.catch((): Tool[] => []);
    const valid = catalogueName(testGateway, "untyped", "sound");
    if (offered.some(({ name }) => name === valid)) return;
    throw new CheckFailure({
      summary: "one tool whose input schema has no type hides the other tools of its upstream",
      code: "valid-tools-missing",
      expected: `${valid} in the client's listing`,
      actual: `${offered.length} tools without it`,
      cause: "LiteLLM, or the client, rejects the whole listing for one invalid schema",
      evidence: clientEvidence(testGateway.http, ['"tools/list"'], {
        sent: `tools/list at ${testGateway.endpoint("untyped")}`,
      }),
    });
  },
});

check({
  id: "CAT-12/dead-upstream-isolated",
  requirements: ["CAT-12"],
  title: "a dead upstream hides no other one",
  needs: ["testGateway"],
  async run({ testGateway }) {
    await expectIsolated(testGateway, deadUpstreams, deadlines.mcpRequest);
  },
});

check({
  id: "CAT-12/endless-pages-isolated",
  requirements: ["CAT-12"],
  title: "an upstream with endless pages hides no other one",
  needs: ["testGateway"],
  async run({ testGateway }) {
    await expectIsolated(testGateway, ["looping"], deadlines.mcpRequest);
  },
});

check({
  id: "CAT-12/dead-upstream-reported",
  requirements: ["CAT-12"],
  title: "a dead upstream is reported in the listing",
  needs: ["testGateway"],
  async run({ testGateway }) {
    // Where LiteLLM starts no stdio server, it does not try to start the one whose command is missing.
    const { startsStdio } = testGateway.deployment.litellmConfig;
    const listings = await Promise.all(
      deadUpstreams
        .filter((name) => startsStdio || name !== "missing")
        .map(async (name) => ({
          name,
          exchange: await rpc(testGateway, { path: testGateway.endpoint(name), method: "tools/list" }),
        })),
    );
    for (const { name, exchange } of listings) {
      if (errorOf(exchange, 1) !== undefined || isReported(exchange, name)) continue;
      const hasListing = resultOf(exchange, 1) !== undefined;
      throw new CheckFailure({
        summary: `the listing does not report that the upstream ${name} cannot be listed`,
        code: hasListing ? "not-reported" : "no-listing",
        expected: `an error, or a status of ${name} in the listing's _meta`,
        actual: hasListing ? `a listing of ${toolNamesIn(exchange).length} tools without either` : statusText(exchange),
        cause: "LiteLLM answers with an empty list, and writes the error only to its log",
        evidence: exchangeEvidence(exchange),
      });
    }
  },
});

check({
  id: "CAT-12/dead-upstream-call",
  requirements: ["CAT-12"],
  title: "a call to a dead upstream is an error, not a success",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const id = 12;
    const exchange = await rpc(testGateway, {
      path: testGateway.endpoint("dead"),
      method: "tools/call",
      params: { name: catalogueName(testGateway, "dead", "anything"), arguments: {} },
      id,
    });
    expectErrorAnswer(exchange, id, {
      summary: "a call to an upstream that does not listen is not answered with an error",
      cause: "LiteLLM loses the exception, or puts it into the text of a success",
    });
  },
});

/** Whether a listing's `_meta` reports that a server could not be listed. */
function isReported(exchange: Exchange, server: string): boolean {
  const status = serverOutcomes(resultOf(exchange, 1)).get(server);
  return status !== undefined && status !== "ok";
}
