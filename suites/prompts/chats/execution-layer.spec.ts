import { randomUUID } from "node:crypto";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import type { JournalEntry, ScriptedCall } from "../../../containers/targets/scripted-model.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { unknownKey } from "../../../helpers/deployment/canaries.ts";
import { type Exchange, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { wholeAnswer } from "../support/chat-answer.ts";
import { type ChatAim, chatAim, post, streamed } from "../support/chat-request.ts";
import { databaseTool } from "../support/client-of.ts";

check({
  id: "PROMPT-08/calls-run-by-gateway",
  requirements: ["PROMPT-08"],
  title:
    "the gateway itself runs the calls of a responses request with MCP tools and returns the final answer, and runs none for a key without the right",
  needs: ["gateway", "part-logs", "inspection"],
  async run({ gateway, evidence }) {
    const asked = await responses(gateway, listing(gateway));
    mustRunCalls(evidence, asked);
    mustAnswerWithCanary(gateway, asked);
    if (!(await gateway.log("postgres")).includes(asked.token))
      throw new CheckFailure({
        ...asked.told,
        summary: "Postgres's own log does not show the query: the answer came from elsewhere",
      });
    const scoped = gateway.policy.injectedRoutes[0]?.secret;
    for (const [name, key] of [
      ["a key that nobody knows", unknownKey],
      ...(scoped === undefined ? [] : [[scoped, gateway.secret(scoped)]]),
    ] as [string, string][]) {
      // With the keys of both the same there is no key without the right: INJ-03 says so.
      if (key === (await chatAim(gateway)).key) continue;
      const refused = await responses(gateway, listing(gateway), {}, key);
      const { status } = refused.exchange.response ?? {};
      if (status !== undefined && status >= 400 && refused.journal.length === 0) continue;
      throw new CheckFailure({
        ...refused.told,
        summary: `with ${name} the gateway answers ${status}, and asks the model ${refused.journal.length} times`,
        cause: "the key's routes are not judged where the gateway runs the calls",
      });
    }
    evidence.finding(
      `LiteLLM ${gateway.version("litellm")} runs the calls of a /v1/responses request with MCP tools itself: one request, the canary database in its final answer, the query in Postgres's log.`,
    );
  },
});

check({
  id: "PROMPT-08/allowed-tools",
  requirements: ["PROMPT-08"],
  title: "allowed_tools limits what the model is offered when the gateway runs the calls",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { tool } = databaseTool(gateway);
    const asked = await responses(gateway, listing(gateway), { allowed_tools: [tool] });
    mustRunCalls(evidence, asked);
    const shown = [...new Set(asked.journal.flatMap(({ toolsOffered }) => toolsOffered))];
    if (shown.join() !== tool)
      throw new CheckFailure({
        ...asked.told,
        summary: `allowed_tools names ${tool}, and the model is shown ${shown.join(", ") || "none"}`,
      });
    mustAnswerWithCanary(gateway, asked);
  },
});

check({
  id: "PROMPT-08/failing-tool",
  requirements: ["PROMPT-08"],
  title: "a failing tool reaches the model as an error when the gateway runs the calls, and the answer says so",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { tool } = databaseTool(gateway);
    const asked = await responses(gateway, () => ({ tool, arguments: { sql: "SELECT * FROM no_such_table_here" } }));
    mustRunCalls(evidence, asked);
    const given = JSON.stringify(asked.journal.at(-1)?.body ?? {});
    const missing = [
      ...(/error/i.test(given) && given.includes("no_such_table_here") && asked.journal.length > 1
        ? []
        : ["the model"]),
      ...(/error/i.test(answerOf(asked.exchange)) ? [] : ["the answer"]),
    ];
    if (missing.length > 0)
      throw new CheckFailure({
        ...asked.told,
        summary: `a failing tool's error does not reach ${missing.join(" and ")}`,
      });
  },
});

check({
  id: "PROMPT-08/streamed-answer",
  requirements: ["PROMPT-08"],
  title: "the gateway streams the answer of a responses request whose calls it runs",
  needs: ["gateway", "scripted-model", "canaries"],
  async run({ gateway, evidence }) {
    const { url, key, model } = await chatAim(gateway);
    const token = await scripted(gateway, listing(gateway));
    const body = { model, input: `List my databases (${token})`, tools: [mcpTools], stream: true };
    const pieces = await streamed(gateway, `${url}/responses`, headersFor(key), body);
    const journal = await gateway.model.journal(token);
    const text = pieces
      .flatMap(({ data }) => (data.type === "response.output_text.delta" ? [String(data.delta)] : []))
      .join("");
    const types = [...new Set(pieces.map(({ data }) => String(data.type)))];
    const told = { sent: `POST ${url}/responses with stream: true`, received: `${text}\n${types.join(", ")}` };
    mustRunCalls(evidence, { journal, told });
    if (!text.includes(gateway.canaries.database) || !types.includes("response.completed")) {
      throw new CheckFailure({
        ...told,
        summary: `the stream ${types.includes("response.completed") ? "lacks the canary" : "does not come to response.completed"}`,
        cause: "the gateway ends the stream at the call, without the answer that follows it",
      });
    }
  },
});

check({
  id: "PROMPT-08/chat-completion-calls",
  requirements: ["PROMPT-08"],
  title: "the gateway also runs the calls of a chat completion with MCP tools",
  needs: ["gateway", "scripted-model", "canaries"],
  async run({ gateway, evidence }) {
    const { url, key, model } = await chatAim(gateway);
    const token = await scripted(gateway, listing(gateway));
    const body = { model, messages: [{ role: "user", content: `List my databases (${token})` }], tools: [mcpTools] };
    const exchange = await post(gateway, `${url}/chat/completions`, headersFor(key), body);
    const told = { sent: sentText(exchange), received: receivedText(exchange) };
    mustRunCalls(evidence, { journal: await gateway.model.journal(token), told });
    if (wholeAnswer(exchange.response?.body)?.text.includes(gateway.canaries.database) !== true)
      throw new CheckFailure({ ...told, summary: "the final answer lacks the canary database" });
  },
});

/** The gateway's own servers, as LiteLLM's documentation has it. */
const mcpTools = { type: "mcp", server_label: "litellm", server_url: "litellm_proxy", require_approval: "never" };

interface Asked {
  token: string;
  exchange: Exchange;
  journal: JournalEntry[];
  told: { sent: string; received: string };
}

/** A call that brings the run's databases, with the token as a column's value, so that Postgres logs it. */
function listing(gateway: GatewayTarget): (token: string) => ScriptedCall {
  const { tool } = databaseTool(gateway);
  return (token) => ({ tool, arguments: { sql: `SELECT datname, '${token}' AS asked FROM pg_database` } });
}

async function scripted(gateway: GatewayTarget, call: (token: string) => ScriptedCall): Promise<string> {
  const token = `layer-${randomUUID()}`;
  await gateway.model.script(token, {
    includes: token,
    turns: [{ call: [call(token)] }, { say: { from: "tool-results", template: "The tool said:\n{results}" } }],
  });
  return token;
}

async function responses(
  gateway: GatewayTarget,
  call: (token: string) => ScriptedCall,
  limits: object = {},
  otherKey?: string,
): Promise<Asked> {
  const { url, key, model }: ChatAim = await chatAim(gateway);
  const token = await scripted(gateway, call);
  const body = { model, input: `List my databases (${token})`, tools: [{ ...mcpTools, ...limits }] };
  const exchange = await post(gateway, `${url}/responses`, headersFor(otherKey ?? key), body);
  const journal = await gateway.model.journal(token);
  return { token, exchange, journal, told: { sent: sentText(exchange), received: receivedText(exchange) } };
}

function headersFor(key: string): [string, string][] {
  return [
    ["Authorization", `Bearer ${key}`],
    ["Content-Type", "application/json"],
  ];
}

/** Where the tools reach the model as they were sent, this version does not run them: a feature that it lacks. */
function mustRunCalls(evidence: Evidence, { journal, told }: Pick<Asked, "journal" | "told">): void {
  const [first] = journal;
  if (first === undefined) throw new CheckFailure({ ...told, summary: "the model was never asked" });
  const sent = (first.body as { tools?: { type?: string }[] }).tools ?? [];
  if (sent.some(({ type }) => type === "mcp"))
    evidence.notSupported(`this LiteLLM hands MCP tools of ${first.path} on to the provider instead of running them`);
  if (first.toolNotOffered !== undefined)
    throw new CheckFailure({
      ...told,
      summary: `the model was shown ${first.toolsOffered.join(", ") || "no tool"}, without ${first.toolNotOffered.tool}`,
    });
}

function mustAnswerWithCanary(gateway: GatewayTarget, { exchange, journal, told }: Asked): void {
  if (
    exchange.response?.status === 200 &&
    answerOf(exchange).includes(gateway.canaries.database) &&
    journal.length === 2
  )
    return;
  throw new CheckFailure({
    ...told,
    summary: `the final answer ${answerOf(exchange).includes(gateway.canaries.database) ? `took ${journal.length} questions to the model` : "lacks the canary database"}`,
    cause:
      journal.length < 2
        ? "the gateway returns the call instead of running it"
        : "the call failed, or its result was not given to the model",
  });
}

/** The text of the answer's messages, without what the gateway says of the tools. */
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
