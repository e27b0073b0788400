import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { errorOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { conformance } from "../../runner/conformance.ts";
import { compareTools } from "../support/compare-tools.ts";
import { dead, expectBeside } from "../support/listing-isolation.ts";
import { catalogueName, withClient } from "../support/listings.ts";
import { rpc } from "../support/rpc.ts";
import { serverOutcomes } from "../support/why-missing.ts";

conformance(["CAT-02"], "an upstream over streamable HTTP is listed whole", async ({ trial }) => {
  await expectWhole(trial, "everything");
});

conformance(["CAT-03"], "what an upstream over streamable HTTP says of its tools arrives", async ({ trial }) => {
  const { offered, direct } = await bothListings(trial, "unwell");
  compareTools(offered, [{ name: "unwell", tools: direct }], ["description", "inputSchema"], "LiteLLM changes it");
});

conformance(["CAT-02"], "every page of a paginated upstream is listed", async ({ trial }) => {
  await expectWhole(trial, "pages");
});

conformance(["CAT-02"], "a name that an upstream offers twice is offered once", async ({ trial }) => {
  const { offered } = await bothListings(trial, "twins");
  const names = offered.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (names.length === 0) throw new CheckFailure({ what: "no tool of the upstream is listed" });
  if (twice.length === 0) return;
  throw new CheckFailure({
    what: `the catalogue offers ${twice.join(", ")} twice`,
    received: names.join("\n"),
    cause: "LiteLLM hands on what an upstream offers without looking at the names",
  });
});

conformance(
  ["CAT-11", "CAT-12"],
  "a tool whose schema is none reaches no client, and hides no other tool of its upstream",
  async ({ trial }) => {
    const offered = await withClient(trial.mcp("untyped"), listTools).catch(() => [] as Tool[]);
    if (offered.some(({ name }) => name === catalogueName("untyped", "sound"))) return;
    throw new CheckFailure({
      what: "of an upstream with one tool whose input schema has no type, the sound tools are gone as well",
      received: `${offered.length} tools`,
      cause: "LiteLLM reads the listing as a whole, and drops all of it for one schema that it rejects",
    });
  },
);

conformance(["CAT-12"], "a dead upstream hides no other one", async ({ trial }) => {
  await expectBeside(trial, dead, deadlines.mcpRequest);
});

conformance(["CAT-12"], "an upstream whose pages have no end hides no other one", async ({ trial }) => {
  await expectBeside(trial, ["looping"], deadlines.mcpRequest);
});

conformance(["CAT-12"], "a dead upstream shows in the listing", async ({ trial }) => {
  const exchanges = await Promise.all(
    dead.map((name) => rpc(trial, { path: trial.endpoint(name), method: "tools/list" })),
  );
  for (const [index, exchange] of exchanges.entries()) {
    const name = dead[index] ?? "";
    if (errorOf(exchange, 1) !== undefined || tellsOf(exchange, name)) continue;
    throw new CheckFailure({
      what: `the listing says nothing of the upstream ${name}, whose tools are all missing`,
      sent: sentText(exchange),
      received: receivedText(exchange),
      cause: "LiteLLM answers 200 with an empty list; what went wrong stands in its log alone",
    });
  }
});

conformance(["CAT-12"], "a call to a dead upstream is an error, not a success", async ({ trial }) => {
  const exchange = await rpc(trial, {
    path: trial.endpoint("dead"),
    method: "tools/call",
    params: { name: catalogueName("dead", "anything"), arguments: {} },
    id: 12,
  });
  if (errorOf(exchange, 12) !== undefined || resultOf(exchange, 12)?.isError === true) return;
  throw new CheckFailure({
    what: "a call to an upstream that nothing listens for has no error that answers it",
    sent: sentText(exchange),
    received: receivedText(exchange),
    cause: "LiteLLM loses the exception, or puts it into the text of a success",
  });
});

async function bothListings(trial: TestGateway, name: string): Promise<{ offered: Tool[]; direct: Tool[] }> {
  const [offered, direct] = await Promise.all([
    withClient(trial.mcp(name), listTools),
    withClient(trial.upstream(name), listTools),
  ]);
  if (direct.length === 0) throw new CheckFailure({ what: `the upstream ${name} itself offers no tools` });
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
    what: `of ${direct.length} tools of ${name} the catalogue has ${found.length}`,
    sent: `tools/list at ${trial.endpoint(name)}`,
    received: missing.map((tool) => `- ${tool} (missing)`).join("\n"),
    cause: `LiteLLM does not read the upstream's listing to its end${twice}`,
  });
}

/** Whether a listing says of a server that it could not be listed. */
function tellsOf(exchange: Exchange, server: string): boolean {
  const status = serverOutcomes(resultOf(exchange, 1)).get(server);
  return status !== undefined && status !== "ok";
}
