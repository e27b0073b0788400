import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { Trial } from "../../containers/trial.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { deadlines } from "../../helpers/deadlines.ts";
import { type Exchange, receivedText, sentText } from "../../helpers/wire/exchange.ts";
import { errorOf, resultOf } from "../../helpers/wire/json-rpc.ts";
import { listTools } from "../../helpers/wire/mcp.ts";
import { conformance } from "../conformance.ts";
import { expectBeside } from "./beside.ts";
import { compareTools } from "./compare-tools.ts";
import { catalogueName, withClient } from "./listings.ts";
import { rpc } from "./rpc.ts";
import { serverOutcomes } from "./why-missing.ts";

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
    likelyCause: "LiteLLM hands on what an upstream offers without looking at the names",
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
      likelyCause: "LiteLLM reads the listing as a whole, and drops all of it for one schema that it rejects",
    });
  },
);

/** Upstreams that can't answer, each told by LiteLLM in its own time. */
const dead = ["dead", "missing"];

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
      likelyCause: "LiteLLM answers 200 with an empty list; what went wrong stands in its log alone",
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
    likelyCause: "LiteLLM loses the exception, or puts it into the text of a success",
  });
});

conformance(
  ["CAT-22"],
  "LiteLLM's word on an upstream's health agrees with what a real call finds",
  async ({ trial, evidence }) => {
    const ids = await trial.serverIds();
    const said: string[] = [];
    const wrong: string[] = [];
    for (const name of ["unwell", ...dead]) {
      const id = ids.get(name) ?? "";
      const [status, listing] = await Promise.all([
        health(trial, id),
        rpc(trial, { path: trial.endpoint(name), method: "tools/list" }),
      ]);
      const tools = resultOf(listing, 1)?.tools;
      const answers = Array.isArray(tools) && tools.length > 0;
      said.push(`${name}: ${status}, a listing ${answers ? "answers" : "does not"}`);
      if ((status === "healthy") !== answers) wrong.push(said.at(-1) ?? "");
    }
    if (wrong.length > 0) {
      throw new CheckFailure({
        what: `LiteLLM's health is wrong about ${wrong.length} of ${said.length} upstreams`,
        received: said.join("\n"),
        likelyCause: "its check asks for the tools and takes an empty list for health",
      });
    }
    evidence.finding(`LiteLLM's health of its upstreams agrees with a real listing: ${said.join("; ")}.`);
  },
);

async function bothListings(trial: Trial, name: string): Promise<{ offered: Tool[]; direct: Tool[] }> {
  const [offered, direct] = await Promise.all([
    withClient(trial.mcp(name), listTools),
    withClient(trial.upstream(name), listTools),
  ]);
  if (direct.length === 0) throw new CheckFailure({ what: `the upstream ${name} itself offers no tools` });
  return { offered, direct };
}

async function expectWhole(trial: Trial, name: string): Promise<void> {
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
    likelyCause: `LiteLLM does not read the upstream's listing to its end${twice}`,
  });
}

/** Whether a listing says of a server that it could not be listed. */
function tellsOf(exchange: Exchange, server: string): boolean {
  const status = serverOutcomes(resultOf(exchange, 1)).get(server);
  return status !== undefined && status !== "ok";
}

/** 1.77.1 has a route for each server; 1.106.2 one for all, which takes their ids. */
async function health(trial: Trial, id: string): Promise<string> {
  const own = statusOf(await trial.send({ path: `/v1/mcp/server/${id}/health`, deadline: deadlines.mcpRequest }), id);
  if (own !== undefined) return own;
  const asked = await trial.send({ path: `/v1/mcp/server/health?server_ids=${id}`, deadline: deadlines.mcpRequest });
  const status = statusOf(asked, id);
  if (status !== undefined) return status;
  throw new CheckFailure({
    what: "LiteLLM says nothing of its upstreams' health",
    sent: sentText(asked),
    received: receivedText(asked),
    likelyCause: "this version has neither /v1/mcp/server/{id}/health nor /v1/mcp/server/health",
  });
}

const healths = z.union([
  z.array(z.looseObject({ server_id: z.string(), status: z.string() })),
  z.looseObject({ server_id: z.string(), status: z.string() }),
]);

function statusOf({ response }: Exchange, id: string): string | undefined {
  try {
    const answer = healths.parse(JSON.parse(response?.body ?? ""));
    return (Array.isArray(answer) ? answer : [answer]).find((one) => one.server_id === id)?.status;
  } catch {
    return undefined;
  }
}
