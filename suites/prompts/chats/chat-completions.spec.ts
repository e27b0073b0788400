import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import type { Turn } from "../../../containers/targets/scripted-model.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { type ChatAnswer, joined, wholeAnswer } from "../support/chat-answer.ts";
import { type ChatAim, chatAim, openWebUiHeaders, type Piece, post, streamed } from "../support/chat-request.ts";
import { mustComeInPieces } from "../support/streamed-answer.ts";

check({
  id: "PROMPT-06/chat-completion",
  requirements: ["PROMPT-06"],
  title: "a chat completion as Open WebUI sends it is answered, as a whole and as streamed chunks",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const aim = await chatAim(gateway);
    const said = "one two three four five six seven eight";
    const token = await scripted(gateway, [{ say: said }]);
    const whole = await completion(gateway, aim, { messages: [{ role: "user", content: token }] });
    mustSay("the answer as a whole", whole, said);
    mustSay(
      "the streamed answer",
      joined(await chunks(gateway, aim, { messages: [{ role: "user", content: token }] })),
      said,
    );

    const { url, key, model } = aim;
    await mustComeInPieces(gateway, { url: `${url}/chat/completions`, headers: openWebUiHeaders(key), model });
    evidence.finding(
      `A chat completion with Open WebUI's headers is answered at ${url}, whole and streamed; its first piece came while the model was still sending.`,
    );
  },
});

/** What JSON, SSE and Python's line splitting could each spoil. */
const delicate = {
  text: 'quotes " and \\ backslash, a line\nbreak, data: [DONE], ünïcödé 🐘, \u2028 and \u0085',
  nested: { list: [1, 2.5, -3e-7, null, true], empty: {} },
};
const tools = ["list_databases", "read-text_file"].map((name) => ({
  type: "function",
  function: { name, description: "a tool of the client's own", parameters: { type: "object", properties: {} } },
}));
const calls: Turn = {
  call: [
    { tool: "list_databases", arguments: delicate },
    { tool: "read-text_file", arguments: { path: "/srv/ünïcödé \n.txt" } },
  ],
  stream: { chunks: 12 },
};

check({
  id: "PROMPT-06/tool-calls-unchanged",
  requirements: ["PROMPT-06"],
  title:
    "tool calls of the model arrive unchanged, as a whole and from streamed chunks, by chat completions and by responses",
  needs: ["gateway", "scripted-model"],
  async run({ gateway }) {
    const aim = await chatAim(gateway);
    await forEachCase(
      "two tool calls arrive as the model made them",
      [
        { way: "chat completions", ask: wholeChat },
        { way: "chat completions, streamed", ask: streamedChat },
        { way: "responses", ask: wholeResponse },
        { way: "responses, streamed", ask: streamedResponse },
      ],
      ({ way }) => way,
      async ({ way, ask }) => {
        const token = await scripted(gateway, [calls]);
        const arrived = await ask(gateway, aim, token);
        const [entry] = await gateway.model.journal(token);
        const told = { sent: `${way} with ${tools.length} tools`, received: JSON.stringify(arrived, null, 2) };
        if (entry === undefined) throw new CheckFailure({ ...told, summary: "the model was never asked" });
        if (entry.toolNotOffered !== undefined)
          throw new CheckFailure({
            ...told,
            summary: `the model was shown ${entry.toolsOffered.join(", ") || "no tool"}`,
          });
        const meant = "call" in calls ? calls.call : [];
        const wrong = meant.filter(({ tool, arguments: input }, index) => {
          const call = arrived[index];
          return call?.name !== tool || call.id === "" || !isDeepStrictEqual(jsonOf(call.arguments), input);
        });
        if (wrong.length > 0 || arrived.length !== meant.length) {
          throw new CheckFailure({
            ...told,
            summary: `of ${meant.length} tool calls ${arrived.length} arrived, and not as they were made: ${wrong.map(({ tool }) => tool).join(", ")}`,
            cause: "the gateway translates between APIs, and loses or cuts what it does not know",
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
    const aim = await chatAim(gateway);
    const guidance = "You can list databases with \\l in psql.";
    const plain = await scripted(gateway, [{ say: guidance }]);
    const content = (token: string): object => ({
      messages: [{ role: "user", content: `list my PostgreSQL databases (${token})` }],
    });
    const answer = await completion(gateway, aim, content(plain));
    const [entry] = await gateway.model.journal(plain);
    if (entry === undefined)
      throw new CheckFailure({ summary: "the model was never asked", evidence: { sent: aim.url } });
    if (entry.toolsOffered.length > 0 || answer.toolCalls.length > 0) {
      throw new CheckFailure({
        summary: `a chat that sent no tools ${entry.toolsOffered.length > 0 ? `reached the model with ${entry.toolsOffered.join(", ")}` : "was answered with tool calls"}`,
        cause: "LiteLLM's config adds tools to the model's parameters",
        location: { file: gateway.deployment.litellmConfig.file, line: 1 },
      });
    }
    mustSay("the answer to a chat without tools", answer, guidance);
    const withTools = await scripted(gateway, [calls]);
    const called = await completion(gateway, aim, { ...content(withTools), tools });
    if (called.toolCalls.length === 0)
      throw new CheckFailure({
        summary: "the same chat with tools brings no tool call either",
        evidence: { sent: aim.url },
      });
    evidence.finding(
      "A plain chat of Open WebUI sends no tools, so that the model can only give textual guidance: the gateway is not the fault, for the same chat with tools comes back with tool_calls. " +
        lacking(aim),
    );
  },
});

/** What a chat client needs to use the gateway's tools. */
function lacking({ toolServers }: ChatAim): string {
  if (toolServers === undefined)
    return "The policy names no chat client; one that is to use the gateway's tools must send them itself.";
  return toolServers === 0
    ? "What the client lacks: TOOL_SERVER_CONNECTIONS with the gateway's MCP endpoint (type mcp, Open WebUI 0.6.31 or later), and the tools switched on in the chat."
    : "Its config names the gateway as a tool server; what a chat still lacks is the switch: the request must carry tool_ids (server:mcp:…).";
}

async function scripted(gateway: GatewayTarget, turns: Turn[]): Promise<string> {
  const token = `chat-${randomUUID()}`;
  await gateway.model.script(token, { includes: token, turns });
  return token;
}

async function completion(gateway: GatewayTarget, { url, key, model }: ChatAim, body: object): Promise<ChatAnswer> {
  const exchange = await post(gateway, `${url}/chat/completions`, openWebUiHeaders(key), {
    model,
    stream: false,
    ...body,
  });
  const answer = wholeAnswer(exchange.response?.body);
  if (exchange.response?.status === 200 && answer !== undefined) return answer;
  throw new CheckFailure({
    summary: "no chat completion comes",
    evidence: exchangeEvidence(exchange),
  });
}

async function chunks(gateway: GatewayTarget, { url, key, model }: ChatAim, body: object): Promise<Piece[]> {
  const request = { model, stream: true, stream_options: { include_usage: true }, ...body };
  return await streamed(gateway, `${url}/chat/completions`, openWebUiHeaders(key), request);
}

type Calls = ChatAnswer["toolCalls"];

async function wholeChat(gateway: GatewayTarget, aim: ChatAim, token: string): Promise<Calls> {
  return (await completion(gateway, aim, { messages: [{ role: "user", content: token }], tools })).toolCalls;
}

async function streamedChat(gateway: GatewayTarget, aim: ChatAim, token: string): Promise<Calls> {
  return joined(await chunks(gateway, aim, { messages: [{ role: "user", content: token }], tools })).toolCalls;
}

/** The Responses API's form of a function. */
const flatTools = tools.map(({ function: { name, description, parameters } }) => ({
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

async function wholeResponse(gateway: GatewayTarget, { url, key, model }: ChatAim, token: string): Promise<Calls> {
  const exchange = await post(gateway, `${url}/responses`, openWebUiHeaders(key), {
    model,
    input: token,
    tools: flatTools,
  });
  const { output = [] } = (jsonOf(exchange.response?.body) ?? {}) as { output?: FunctionCall[] };
  return output.filter(({ type }) => type === "function_call").map(callOf);
}

async function streamedResponse(gateway: GatewayTarget, { url, key, model }: ChatAim, token: string): Promise<Calls> {
  const body = { model, input: token, tools: flatTools, stream: true };
  const pieces = await streamed(gateway, `${url}/responses`, openWebUiHeaders(key), body);
  const found: Calls = [];
  for (const { data } of pieces) {
    const {
      type,
      output_index: index,
      item,
      delta,
    } = data as {
      type?: string;
      output_index?: number;
      item?: FunctionCall;
      delta?: string;
    };
    if (index === undefined) continue;
    if (type === "response.output_item.added" && item?.type === "function_call")
      found[index] = { ...callOf(item), arguments: "" };
    const call = found[index];
    if (type === "response.function_call_arguments.delta" && call !== undefined) call.arguments += delta ?? "";
  }
  return found;
}

function callOf({ call_id: id, name, arguments: input }: FunctionCall): Calls[number] {
  return { id: id ?? "", name: name ?? "", arguments: input ?? "" };
}

function mustSay(what: string, answer: ChatAnswer, text: string): void {
  if (answer.text === text && answer.toolCalls.length === 0 && answer.finishReason === "stop") return;
  throw new CheckFailure({
    summary: `${what} is not what the model said`,
    evidence: { sent: text, received: JSON.stringify(answer) },
  });
}
