import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import type { ScriptedCall, Turn } from "../../../containers/targets/rig-access/scripted-model.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { expectStreamedChunks } from "../../support/streamed-answer.ts";
import { type ChatAnswer, joined, wholeAnswer } from "../support/chat-answer.ts";
import { type ChatAccess, chatAccess, openWebUiHeaders, post, streamed } from "../support/chat-request.ts";

check({
  id: "PROMPT-06/chat-completion",
  requirements: ["PROMPT-06"],
  title: "a chat completion as Open WebUI sends it is answered, as a whole and as streamed chunks",
  needs: ["gateway", "scripted-model"],
  async run({ gateway, evidence }) {
    const access = await chatAccess(gateway);
    const text = "one two three four five six seven eight";
    const token = await scripted(gateway, [{ say: text }]);
    const body = { messages: [{ role: "user", content: token }] };
    expectAnswer("the answer", await completion(gateway, access, body), text);
    expectAnswer("the streamed answer", await streamedCompletion(gateway, access, body), text);

    const { url, key, model } = access;
    await expectStreamedChunks(gateway, { url: `${url}/chat/completions`, headers: openWebUiHeaders(key), model });
    evidence.finding(
      `A chat completion with Open WebUI's headers is answered at ${url}, whole and streamed; its first chunk arrived while the model was still sending.`,
    );
  },
});

/** Characters and values that JSON, SSE or Python's line splitting could change. */
const fragileArguments = {
  text: 'quotes " and \\ backslash, a line\nbreak, data: [DONE], ünïcödé 🐘, \u2028 and \u0085',
  nested: { list: [1, 2.5, -3e-7, null, true], empty: {} },
};
const tools = ["list_databases", "read-text_file"].map((name) => ({
  type: "function",
  function: { name, description: "a tool of the client's own", parameters: { type: "object", properties: {} } },
}));
const calls: readonly ScriptedCall[] = [
  { tool: "list_databases", arguments: fragileArguments },
  { tool: "read-text_file", arguments: { path: "/srv/ünïcödé \n.txt" } },
];
const callTurn: Turn = { call: [...calls], stream: { chunks: 12 } };

check({
  id: "PROMPT-06/tool-calls-unchanged",
  requirements: ["PROMPT-06"],
  title:
    "tool calls of the model arrive unchanged, as a whole and from streamed chunks, by chat completions and by responses",
  needs: ["gateway", "scripted-model"],
  async run({ gateway }) {
    const access = await chatAccess(gateway);
    await forEachCase(
      "two tool calls arrive as the model made them",
      [
        { api: "chat completions", ask: callsOfCompletion },
        { api: "chat completions, streamed", ask: callsOfStreamedCompletion },
        { api: "responses", ask: callsOfResponse },
        { api: "responses, streamed", ask: callsOfStreamedResponse },
      ],
      ({ api }) => api,
      async ({ api, ask }) => {
        const token = await scripted(gateway, [callTurn]);
        const { calls: arrived, exchange } = await ask(gateway, access, token);
        const evidence = {
          ...exchangeEvidence(exchange),
          sent: `${api} with ${tools.length} tools`,
          received: JSON.stringify(arrived, null, 2),
        };
        const [entry] = await gateway.model.journal(token);
        if (entry === undefined || entry.toolNotOffered !== undefined)
          throw new CheckFailure({
            summary: "the client's tools do not reach the model",
            code: entry === undefined ? "model-not-asked" : "tools-not-offered",
            expected: `a request to the model with ${tools.map(({ function: { name } }) => name).join(", ")}`,
            actual: entry === undefined ? "no request" : `a request with ${entry.toolsOffered.join(", ") || "no tool"}`,
            evidence,
          });
        const changed = calls.filter(({ tool, arguments: input }, index) => {
          const call = arrived[index];
          return call?.name !== tool || call.id === "" || !isDeepStrictEqual(jsonOf(call.arguments), input);
        });
        if (changed.length > 0 || arrived.length !== calls.length) {
          throw new CheckFailure({
            summary: "the model's tool calls do not arrive unchanged",
            code: arrived.length < calls.length ? "missing-calls" : "changed-calls",
            expected: `${calls.length} calls: ${JSON.stringify(calls)}`,
            actual: `${arrived.length} calls; changed or missing: ${changed.map(({ tool }) => tool).join(", ") || "none"}`,
            evidence,
            cause: "the gateway translates between APIs, and drops or cuts what it does not know",
          });
        }
      },
    );
  },
});

check({
  id: "PROMPT-07/chat-without-tools",
  requirements: ["PROMPT-07"],
  title: "a chat without MCP tools is recognised as such, next to the same chat with tools",
  needs: ["gateway", "scripted-model"],
  async run({ gateway, evidence }) {
    const access = await chatAccess(gateway);
    const guidance = "You can list databases with \\l in psql.";
    const plain = await scripted(gateway, [{ say: guidance }]);
    const body = (token: string): object => ({
      messages: [{ role: "user", content: `list my PostgreSQL databases (${token})` }],
    });
    const answered = await completion(gateway, access, body(plain));
    const [entry] = await gateway.model.journal(plain);
    if (entry === undefined || entry.toolsOffered.length > 0 || answered.answer.toolCalls.length > 0) {
      throw new CheckFailure({
        summary: "a chat that sends no tools does not stay one without tools",
        code: entry === undefined ? "model-not-asked" : "added-tools",
        expected: "a request to the model without tools, and an answer without tool calls",
        actual:
          entry === undefined
            ? "no request to the model"
            : `a request to the model with ${entry.toolsOffered.join(", ") || "no tool"}, and ${answered.answer.toolCalls.length} tool calls in the answer`,
        evidence: exchangeEvidence(answered.exchange),
        ...(entry === undefined ? {} : { cause: "LiteLLM's config adds tools to the model's parameters" }),
        location: { file: gateway.deployment.litellmConfig.file, line: 1 },
      });
    }
    expectAnswer("the answer to a chat without tools", answered, guidance);
    const withTools = await scripted(gateway, [callTurn]);
    const called = await completion(gateway, access, { ...body(withTools), tools });
    if (called.answer.toolCalls.length === 0)
      throw new CheckFailure({
        summary: "the same chat with tools is not answered with tool calls either",
        code: "control-failed",
        expected: `${calls.length} tool calls`,
        actual: "none",
        evidence: exchangeEvidence(called.exchange),
      });
    evidence.finding(
      "A plain chat of Open WebUI sends no tools, so the model can only give textual guidance. The gateway is not the cause: the same chat with tools is answered with tool_calls. " +
        whatClientLacks(access),
    );
  },
});

/** What a chat client needs to use the gateway's tools. */
function whatClientLacks({ toolServers }: ChatAccess): string {
  if (toolServers === undefined)
    return "The policy names no chat client; one that is to use the gateway's tools must send them itself.";
  return toolServers === 0
    ? "What the client lacks: TOOL_SERVER_CONNECTIONS with the gateway's MCP endpoint (type mcp, Open WebUI 0.6.31 or later), and the tools switched on in the chat."
    : "Its config names the gateway as a tool server; what a chat still lacks is the switch: the request must carry tool_ids (server:mcp:…).";
}

type ModelGateway = GatewayWith<"scripted-model">;

async function scripted(gateway: ModelGateway, turns: Turn[]): Promise<string> {
  const token = `chat-${randomUUID()}`;
  await gateway.model.script(token, { includes: token, turns });
  return token;
}

interface Answered {
  answer: ChatAnswer;
  exchange: Exchange;
}

async function completion(gateway: GatewayTarget, { url, key, model }: ChatAccess, body: object): Promise<Answered> {
  const exchange = await post(gateway, `${url}/chat/completions`, openWebUiHeaders(key), {
    model,
    stream: false,
    ...body,
  });
  const answer = wholeAnswer(exchange.response?.body);
  if (exchange.response?.status === 200 && answer !== undefined) return { answer, exchange };
  throw new CheckFailure({
    summary: "a chat completion is not answered",
    code: "no-completion",
    expected: "200 with a chat completion",
    actual:
      exchange.response === undefined
        ? "no response"
        : `${exchange.response.status} ${answer === undefined ? "without" : "with"} a chat completion`,
    evidence: exchangeEvidence(exchange),
  });
}

async function streamedCompletion(
  gateway: GatewayTarget,
  { url, key, model }: ChatAccess,
  body: object,
): Promise<Answered> {
  const request = { model, stream: true, stream_options: { include_usage: true }, ...body };
  const { events, exchange } = await streamed(gateway, `${url}/chat/completions`, openWebUiHeaders(key), request);
  return { answer: joined(events), exchange };
}

interface Called {
  calls: ChatAnswer["toolCalls"];
  exchange: Exchange;
}

async function callsOfCompletion(gateway: GatewayTarget, access: ChatAccess, token: string): Promise<Called> {
  const body = { messages: [{ role: "user", content: token }], tools };
  const { answer, exchange } = await completion(gateway, access, body);
  return { calls: answer.toolCalls, exchange };
}

async function callsOfStreamedCompletion(gateway: GatewayTarget, access: ChatAccess, token: string): Promise<Called> {
  const body = { messages: [{ role: "user", content: token }], tools };
  const { answer, exchange } = await streamedCompletion(gateway, access, body);
  return { calls: answer.toolCalls, exchange };
}

/** The Responses API's form of a function. */
const responseTools = tools.map(({ function: { name, description, parameters } }) => ({
  type: "function",
  name,
  description,
  parameters,
  strict: false,
}));

interface FunctionCall {
  type: string;
  call_id?: string;
  name?: string;
  arguments?: string;
}

async function callsOfResponse(
  gateway: GatewayTarget,
  { url, key, model }: ChatAccess,
  token: string,
): Promise<Called> {
  const body = { model, input: token, tools: responseTools };
  const exchange = await post(gateway, `${url}/responses`, openWebUiHeaders(key), body);
  const { output = [] } = (jsonOf(exchange.response?.body) ?? {}) as { output?: FunctionCall[] };
  return { calls: output.filter(({ type }) => type === "function_call").map(callOf), exchange };
}

/** An event of the Responses API, as far as it is about a call. */
interface ResponseEvent {
  type?: string;
  output_index?: number;
  item?: FunctionCall;
  delta?: string;
}

async function callsOfStreamedResponse(
  gateway: GatewayTarget,
  { url, key, model }: ChatAccess,
  token: string,
): Promise<Called> {
  const body = { model, input: token, tools: responseTools, stream: true };
  const { events, exchange } = await streamed(gateway, `${url}/responses`, openWebUiHeaders(key), body);
  const found: Called["calls"] = [];
  for (const { type, output_index: index, item, delta } of events as ResponseEvent[]) {
    if (index === undefined) continue;
    if (type === "response.output_item.added" && item?.type === "function_call")
      found[index] = { ...callOf(item), arguments: "" };
    const call = found[index];
    if (type === "response.function_call_arguments.delta" && call !== undefined) call.arguments += delta ?? "";
  }
  return { calls: found, exchange };
}

function callOf({ call_id: id, name, arguments: input }: FunctionCall): Called["calls"][number] {
  return { id: id ?? "", name: name ?? "", arguments: input ?? "" };
}

function expectAnswer(what: string, { answer, exchange }: Answered, text: string): void {
  if (answer.text === text && answer.toolCalls.length === 0 && answer.finishReason === "stop") return;
  throw new CheckFailure({
    summary: `${what} is not what the model sent`,
    code: "changed-answer",
    expected: `"${text}", no tool calls, finish_reason stop`,
    actual: JSON.stringify(answer),
    evidence: exchangeEvidence(exchange),
  });
}
