import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { errorOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { check } from "../../runner/check.ts";
import { compareTools } from "../support/compare-tools.ts";
import { dead, expectBeside } from "../support/listing-isolation.ts";
import { catalogueName, withClient } from "../support/listings.ts";
import { rpc } from "../support/rpc.ts";
import { serverOutcomes } from "../support/why-missing.ts";

check({
  id: "CAT-02/http-upstream-listed",
  requirements: ["CAT-02"],
  title: "every tool of an upstream over streamable HTTP is listed",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    await expectWhole(trial, "everything");
  },
});

check({
  id: "CAT-03/http-upstream-fields",
  requirements: ["CAT-03"],
  title: "the tools of an upstream over streamable HTTP arrive with all their fields",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const { offered, direct } = await bothListings(trial, "unwell");
    compareTools(offered, [{ name: "unwell", tools: direct }], ["description", "inputSchema"], "LiteLLM changes it");
  },
});

check({
  id: "CAT-02/paginated-upstream",
  requirements: ["CAT-02"],
  title: "every page of a paginated upstream is listed",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    await expectWhole(trial, "pages");
  },
});

check({
  id: "CAT-02/duplicate-tool-name",
  requirements: ["CAT-02"],
  title: "a name that an upstream offers twice is offered once",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const { offered } = await bothListings(trial, "twins");
    const names = offered.map(({ name }) => name);
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    if (names.length === 0) throw new CheckFailure({ summary: "no tool of the upstream is listed" });
    if (twice.length === 0) return;
    throw new CheckFailure({
      summary: `the catalogue offers ${twice.join(", ")} twice`,
      evidence: { received: names.join("\n") },
      cause: "LiteLLM hands on what an upstream offers without looking at the names",
    });
  },
});

check({
  id: "CAT-11/invalid-schema-isolated",
  requirements: ["CAT-11", "CAT-12"],
  title: "a tool with an invalid schema reaches no client, and hides no other tool of its upstream",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const offered = await withClient(trial.mcp("untyped"), listTools).catch(() => [] as Tool[]);
    if (offered.some(({ name }) => name === catalogueName("untyped", "sound"))) return;
    throw new CheckFailure({
      summary: "of an upstream with one tool whose input schema has no type, the sound tools are gone as well",
      evidence: { received: `${offered.length} tools` },
      cause: "LiteLLM reads the listing as a whole, and drops all of it for one schema that it rejects",
    });
  },
});

check({
  id: "CAT-12/dead-upstream-isolated",
  requirements: ["CAT-12"],
  title: "a dead upstream hides no other one",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    await expectBeside(trial, dead, deadlines.mcpRequest);
  },
});

check({
  id: "CAT-12/endless-pages-isolated",
  requirements: ["CAT-12"],
  title: "an upstream with endless pages hides no other one",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    await expectBeside(trial, ["looping"], deadlines.mcpRequest);
  },
});

check({
  id: "CAT-12/dead-upstream-reported",
  requirements: ["CAT-12"],
  title: "a dead upstream is reported in the listing",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const exchanges = await Promise.all(
      dead.map((name) => rpc(trial, { path: trial.endpoint(name), method: "tools/list" })),
    );
    for (const [index, exchange] of exchanges.entries()) {
      const name = dead[index] ?? "";
      if (errorOf(exchange, 1) !== undefined || tellsOf(exchange, name)) continue;
      throw new CheckFailure({
        summary: `the listing says nothing of the upstream ${name}, whose tools are all missing`,
        evidence: exchangeEvidence(exchange),

        cause: "LiteLLM answers 200 with an empty list; what went wrong stands in its log alone",
      });
    }
  },
});

check({
  id: "CAT-12/dead-upstream-call",
  requirements: ["CAT-12"],
  title: "a call to a dead upstream is an error, not a success",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const exchange = await rpc(trial, {
      path: trial.endpoint("dead"),
      method: "tools/call",
      params: { name: catalogueName("dead", "anything"), arguments: {} },
      id: 12,
    });
    if (errorOf(exchange, 12) !== undefined || resultOf(exchange, 12)?.isError === true) return;
    throw new CheckFailure({
      summary: "a call to an upstream that nothing listens for has no error that answers it",
      evidence: exchangeEvidence(exchange),

      cause: "LiteLLM loses the exception, or puts it into the text of a success",
    });
  },
});

async function bothListings(trial: TestGateway, name: string): Promise<{ offered: Tool[]; direct: Tool[] }> {
  const [offered, direct] = await Promise.all([
    withClient(trial.mcp(name), listTools),
    withClient(trial.upstream(name), listTools),
  ]);
  if (direct.length === 0) throw new CheckFailure({ summary: `the upstream ${name} itself offers no tools` });
  return { offered, direct };
}

async function expectWhole(trial: TestGateway, name: string): Promise<void> {
  const { offered, direct } = await bothListings(trial, name);
  const found = offered.map((tool) => tool.name);
  const missing = direct.map((tool) => catalogueName(name, tool.name)).filter((tool) => !found.includes(tool));
  if (missing.length === 0 && found.length === direct.length) return;
  const log = await trial.log("litellm");
  const twice = /400 Bad Request.*everything/.test(log)
    ? "; it answers 400 to LiteLLM, which sends MCP-Protocol-Version twice"
    : "";
  throw new CheckFailure({
    summary: `of ${direct.length} tools of ${name} the catalogue has ${found.length}`,
    evidence: {
      sent: `tools/list at ${trial.endpoint(name)}`,
      received: missing.map((tool) => `- ${tool} (missing)`).join("\n"),
    },

    cause: `LiteLLM does not read the upstream's listing to its end${twice}`,
  });
}

/** Whether a listing says of a server that it could not be listed. */
function tellsOf(exchange: Exchange, server: string): boolean {
  const status = serverOutcomes(resultOf(exchange, 1)).get(server);
  return status !== undefined && status !== "ok";
}
