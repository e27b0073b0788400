import { randomUUID } from "node:crypto";
import type { GatewayWith } from "../../../containers/targets/needs.ts";
import type { JournalEntry, ScriptedCall } from "../../../containers/targets/rig-access/scripted-model.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { unknownKey } from "../../../helpers/deployment/source/canaries.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { wholeAnswer } from "../support/chat-answer.ts";
import { chatAccess, post, streamed } from "../support/chat-request.ts";
import { canaryCall, databaseTool, exampleCause } from "../support/policy-lookup.ts";

check({
  id: "PROMPT-08/calls-run-by-gateway",
  requirements: ["PROMPT-08"],
  title:
    "the gateway itself runs the calls of a responses request with MCP tools and returns the final answer, and runs none for a key without the right",
  needs: ["gateway", "canaries", "inspection", "part-logs", "scripted-model"],
  async run({ gateway, evidence }) {
    const asked = await responses(gateway, callWithCanary(gateway));
    expectCallsRun(evidence, asked);
    expectCanary(gateway, asked);
    if (canaryCall(gateway).kind === "query" && !(await gateway.log("postgres")).includes(asked.token))
      throw new CheckFailure({
        summary: "Postgres's own log does not contain the query",
        code: "query-not-logged",
        expected: `a logged query with ${asked.token}`,
        actual: "no such query",
        evidence: exchangeEvidence(asked.exchange),
        cause: "the result does not come from this run's Postgres",
      });
    const { key: own } = await chatAccess(gateway);
    const scoped = gateway.policy.injectedRoutes[0]?.secret;
    const others = [
      { name: "an unknown key", key: unknownKey },
      ...(scoped === undefined ? [] : [{ name: scoped, key: gateway.secret(scoped) }]),
    ];
    for (const { name, key } of others) {
      // Where both keys have one value, no key is without the right; INJ-03 reports that.
      if (key !== own) await expectRefused(gateway, name, key);
    }
    evidence.finding(
      `LiteLLM ${gateway.version("litellm")} runs the calls of a /v1/responses request with MCP tools itself: one request, the canary in its final answer.`,
    );
  },
});

check({
  id: "PROMPT-08/allowed-tools",
  requirements: ["PROMPT-08"],
  title: "allowed_tools limits what the model is offered when the gateway runs the calls",
  needs: ["gateway", "canaries", "scripted-model"],
  async run({ gateway, evidence }) {
    const { tool } = canaryCall(gateway).call;
    const asked = await responses(gateway, callWithCanary(gateway), { limits: { allowed_tools: [tool] } });
    expectCallsRun(evidence, asked);
    const offered = [...new Set(asked.journal.flatMap(({ toolsOffered }) => toolsOffered))];
    if (offered.join() !== tool)
      throw new CheckFailure({
        summary: "allowed_tools does not limit the tools that the model is offered",
        code: "wrong-tools",
        expected: tool,
        actual: offered.join(", ") || "no tool",
        evidence: exchangeEvidence(asked.exchange),
      });
    expectCanary(gateway, asked);
  },
});

check({
  id: "PROMPT-08/failing-tool",
  requirements: ["PROMPT-08"],
  title: "a failing tool reaches the model as an error when the gateway runs the calls, and the answer says so",
  needs: ["gateway", "scripted-model"],
  async run({ gateway, evidence }) {
    const { tool } = databaseTool(gateway);
    const asked = await responses(gateway, () => ({ tool, arguments: { sql: "SELECT * FROM no_such_table_here" } }));
    expectCallsRun(evidence, asked);
    const given = JSON.stringify(asked.journal.at(-1)?.body ?? {});
    const missing = [
      ...(/error/i.test(given) && given.includes("no_such_table_here") && asked.journal.length > 1
        ? []
        : ["the second request to the model"]),
      ...(/error/i.test(answerOf(asked.exchange)) ? [] : ["the answer"]),
    ];
    if (missing.length > 0)
      throw new CheckFailure({
        summary: "a failing tool's error is lost on its way to the model or to the client",
        code: "error-lost",
        expected: "the error in the second request to the model and in the answer",
        actual: `not in ${missing.join(", nor in ")}`,
        evidence: exchangeEvidence(asked.exchange),
      });
  },
});

check({
  id: "PROMPT-08/streamed-answer",
  requirements: ["PROMPT-08"],
  title: "the gateway streams the answer of a responses request whose calls it runs",
  needs: ["gateway", "canaries", "scripted-model"],
  async run({ gateway, evidence }) {
    const { url, key, model } = await chatAccess(gateway);
    const token = await scripted(gateway, callWithCanary(gateway));
    const body = { model, input: `Use the tool (${token})`, tools: [mcpTools], stream: true };
    const { events, exchange } = await streamed(gateway, `${url}/responses`, headersFor(key), body);
    expectCallsRun(evidence, { exchange, journal: await gateway.model.journal(token) });
    const text = events
      .flatMap((event) => (event.type === "response.output_text.delta" ? [String(event.delta)] : []))
      .join("");
    const types = [...new Set(events.map(({ type }) => String(type)))];
    const isCompleted = types.includes("response.completed");
    if (!text.includes(canaryCall(gateway).canary) || !isCompleted) {
      throw new CheckFailure({
        summary: "the streamed answer is not complete",
        code: isCompleted ? "no-canary" : "unfinished-stream",
        expected: `${canaryCall(gateway).canary} in the text, and response.completed`,
        actual: `"${text}", ${isCompleted ? "with" : "without"} response.completed`,
        evidence: { ...exchangeEvidence(exchange), received: `${text}\n${types.join(", ")}` },
        cause: "the gateway ends the stream at the call, without the answer that follows it",
        ...(isCompleted ? exampleCause(canaryCall(gateway)) : {}),
      });
    }
  },
});

check({
  id: "PROMPT-08/chat-completion-calls",
  requirements: ["PROMPT-08"],
  title: "the gateway also runs the calls of a chat completion with MCP tools",
  needs: ["gateway", "canaries", "scripted-model"],
  async run({ gateway, evidence }) {
    const { url, key, model } = await chatAccess(gateway);
    const token = await scripted(gateway, callWithCanary(gateway));
    const body = { model, messages: [{ role: "user", content: `Use the tool (${token})` }], tools: [mcpTools] };
    const exchange = await post(gateway, `${url}/chat/completions`, headersFor(key), body);
    expectCallsRun(evidence, { exchange, journal: await gateway.model.journal(token) });
    const text = wholeAnswer(exchange.response?.body)?.text;
    if (text?.includes(canaryCall(gateway).canary) !== true)
      throw new CheckFailure({
        summary: "the final answer does not contain the canary",
        code: "no-canary",
        expected: `an answer with ${canaryCall(gateway).canary}`,
        actual: text ?? "no chat completion",
        evidence: exchangeEvidence(exchange),
        ...exampleCause(canaryCall(gateway)),
      });
  },
});

/** The gateway's own MCP servers, as LiteLLM's documentation names them. */
const mcpTools = { type: "mcp", server_label: "litellm", server_url: "litellm_proxy", require_approval: "never" };

type ModelGateway = GatewayWith<"scripted-model">;

interface Asked {
  token: string;
  exchange: Exchange;
  /** The gateway's requests to the model. */
  journal: JournalEntry[];
}

/** A call that returns a canary; a query has the token as a column's value, so that Postgres logs it. */
function callWithCanary(gateway: GatewayWith<"canaries">): (token: string) => ScriptedCall {
  const { kind, call } = canaryCall(gateway);
  if (kind !== "query") return () => call;
  return (token) => ({ ...call, arguments: { sql: `SELECT datname, '${token}' AS asked FROM pg_database` } });
}

async function scripted(gateway: ModelGateway, call: (token: string) => ScriptedCall): Promise<string> {
  const token = `layer-${randomUUID()}`;
  await gateway.model.script(token, {
    includes: token,
    turns: [{ call: [call(token)] }, { say: { from: "tool-results", template: "The tool returned:\n{results}" } }],
  });
  return token;
}

/**
 * Sends a responses request with the gateway's MCP tools.
 *
 * @param options.limits in addition to the fields of {@link mcpTools}
 * @param options.key replaces the client's
 */
async function responses(
  gateway: ModelGateway,
  call: (token: string) => ScriptedCall,
  { limits = {}, key }: { limits?: object; key?: string } = {},
): Promise<Asked> {
  const access = await chatAccess(gateway);
  const token = await scripted(gateway, call);
  const body = { model: access.model, input: `Use the tool (${token})`, tools: [{ ...mcpTools, ...limits }] };
  const exchange = await post(gateway, `${access.url}/responses`, headersFor(key ?? access.key), body);
  return { token, exchange, journal: await gateway.model.journal(token) };
}

function headersFor(key: string): [string, string][] {
  return [
    ["Authorization", `Bearer ${key}`],
    ["Content-Type", "application/json"],
  ];
}

/** A version that forwards the MCP tools to the provider as they were sent does not run them: the feature is not supported. */
function expectCallsRun(evidence: Evidence, { exchange, journal }: Pick<Asked, "exchange" | "journal">): void {
  const [first] = journal;
  if (first === undefined)
    throw new CheckFailure({
      summary: "the gateway does not ask the model",
      code: "model-not-asked",
      expected: "a request to the model",
      actual: "none",
      evidence: exchangeEvidence(exchange),
    });
  const sent = (first.body as { tools?: { type?: string }[] }).tools ?? [];
  if (sent.some(({ type }) => type === "mcp"))
    evidence.notSupported(
      `this LiteLLM forwards the MCP tools of ${first.path} to the provider instead of running them`,
    );
  if (first.toolNotOffered !== undefined)
    throw new CheckFailure({
      summary: "the model is not offered the tool",
      code: "tool-not-offered",
      expected: first.toolNotOffered.tool,
      // "in time": on a starved machine the check is repeated alone, because a late list looks the same as a missing tool.
      actual: `${first.toolsOffered.join(", ") || "no tool"}; LiteLLM leaves out a server that does not list its tools in time`,
      ...(first.toolsOffered.length === 0 ? followsCatalogue : {}),
      evidence: exchangeEvidence(exchange),
    });
}

function expectCanary(gateway: GatewayWith<"canaries">, { exchange, journal }: Asked): void {
  const hasCanary = answerOf(exchange).includes(canaryCall(gateway).canary);
  const status = exchange.response?.status;
  if (status === 200 && hasCanary && journal.length === 2) return;
  throw new CheckFailure({
    summary: hasCanary
      ? "the gateway does not get from the call to the final answer with two requests to the model"
      : "the final answer does not contain the canary",
    code: hasCanary ? "wrong-request-count" : "no-canary",
    expected: `200, ${canaryCall(gateway).canary} in the answer, 2 requests to the model`,
    actual: `${status ?? "no response"}, ${hasCanary ? "the canary in the answer" : "no canary"}, ${journal.length} requests to the model`,
    evidence: exchangeEvidence(exchange),
    cause:
      journal.length < 2
        ? "the gateway returns the call instead of running it"
        : "the call failed, or the model did not get its result",
    ...(journal.length < 2 ? {} : exampleCause(canaryCall(gateway))),
  });
}

async function expectRefused(
  gateway: ModelGateway & GatewayWith<"canaries">,
  name: string,
  key: string,
): Promise<void> {
  const { exchange, journal } = await responses(gateway, callWithCanary(gateway), { key });
  const status = exchange.response?.status;
  if (status !== undefined && status >= 400 && journal.length === 0) return;
  throw new CheckFailure({
    summary: `the gateway runs a responses request with MCP tools for ${name}`,
    code: "not-refused",
    case: name,
    expected: "a status from 400, and no request to the model",
    actual: `${status ?? "no response"}, and ${journal.length} requests to the model`,
    evidence: exchangeEvidence(exchange),
    cause: "LiteLLM does not check the key's routes where it runs the calls",
  });
}

/** The text of the answer's messages, without what the gateway adds about the tools. */
function answerOf(exchange: Exchange): string {
  try {
    const { output = [] } = JSON.parse(exchange.response?.body ?? "") as {
      output?: { type: string; content?: { text?: string }[] }[];
    };
    return output
      .filter(({ type }) => type === "message")
      .flatMap(({ content }) => (content ?? []).map(({ text }) => text ?? ""))
      .join("\n");
  } catch {
    return "";
  }
}
