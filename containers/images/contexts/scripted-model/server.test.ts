import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ScriptedModel } from "../../../targets/rig-access/scripted-model.ts";
import type { Turn } from "./protocol.ts";
import { createModelServer } from "./server.ts";

let server: Server;
let url: string;
let model: ScriptedModel;
beforeAll(async () => {
  server = createModelServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  model = new ScriptedModel(url);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

let count = 0;
async function scripted(...turns: Turn[]): Promise<string> {
  const token = `token-${++count}-end`;
  await model.script(token, { includes: token, turns });
  return token;
}

type Json = Record<string, unknown>;

async function ask(path: string, body: Json): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

function events(text: string): { event: string | undefined; data: string }[] {
  const found: { event: string | undefined; data: string }[] = [];
  const parser = createParser({ onEvent: ({ event, data }) => found.push({ event, data }) });
  parser.feed(text);
  return found;
}

const flatTool = { type: "function", name: "postgres-execute_sql", parameters: { type: "object", properties: {} } };
const chatTool = {
  type: "function",
  function: { name: "postgres-execute_sql", parameters: { type: "object", properties: {} } },
};
const namespace = {
  type: "namespace",
  name: "mcp__litellm",
  description: "",
  tools: [{ type: "function", name: "postgres_execute_sql", parameters: { type: "object", properties: {} } }],
};
const callSql: Turn = { call: [{ tool: "postgres-execute_sql", arguments: { sql: "SELECT 'a \"quoted\" text'" } }] };

test("a request that matches no script is an error, and is recorded", async () => {
  const { status, text } = await ask("/v1/chat/completions", {
    model: "m",
    messages: [{ role: "user", content: "nobody's" }],
  });
  expect(status).toBe(400);
  expect(JSON.parse(text)).toMatchObject({ error: { code: "unscripted_request" } });
});

test("a chat completion has the text of its script", async () => {
  const token = await scripted({ say: "hello there" });
  const { text } = await ask("/v1/chat/completions", { model: "m", messages: [{ role: "user", content: token }] });
  expect(JSON.parse(text)).toMatchObject({
    choices: [{ message: { role: "assistant", content: "hello there" }, finish_reason: "stop" }],
  });
});

test("a streamed tool call has several pieces that form valid JSON, and ends with [DONE]", async () => {
  const token = await scripted(callSql);
  const { text } = await ask("/v1/chat/completions", {
    model: "m",
    stream: true,
    tools: [chatTool],
    messages: [{ role: "user", content: token }],
  });
  const data = events(text).map((event) => event.data);
  expect(data.at(-1)).toBe("[DONE]");
  const deltas = data
    .slice(0, -1)
    .flatMap(
      (one) =>
        (
          JSON.parse(one) as {
            choices: { delta?: { tool_calls?: { index: number; function?: { arguments?: string } }[] } }[];
          }
        ).choices,
    )
    .flatMap(({ delta }) => delta?.tool_calls ?? []);
  expect(deltas.length).toBeGreaterThan(1);
  const joined = deltas.map((delta) => delta.function?.arguments ?? "").join("");
  expect(JSON.parse(joined)).toEqual({ sql: "SELECT 'a \"quoted\" text'" });
});

test("the number of tool results selects the turn, and the answer contains the results", async () => {
  const token = await scripted(callSql, { say: { from: "tool-results", template: "Found: {results}" } });
  const user = { role: "user", content: token };
  const first = await ask("/v1/chat/completions", { model: "m", tools: [chatTool], messages: [user] });
  const [call] = (JSON.parse(first.text) as { choices: { message: Json & { tool_calls: { id: string }[] } }[] })
    .choices;
  const id = call?.message.tool_calls[0]?.id;
  const messages = [user, call?.message, { role: "tool", tool_call_id: id, content: "canary_db" }];
  const second = await ask("/v1/chat/completions", { model: "m", tools: [chatTool], messages });
  expect(JSON.parse(second.text)).toMatchObject({ choices: [{ message: { content: "Found: canary_db" } }] });
});

test("a tool in a namespace is called by its name in the namespace, as Codex requires", async () => {
  const token = await scripted(callSql);
  const { text } = await ask("/v1/responses", {
    model: "m",
    stream: true,
    tools: [namespace],
    input: [{ role: "user", content: token }],
  });
  const completed = events(text).find(({ event }) => event === "response.completed");
  expect(JSON.parse(completed?.data ?? "{}")).toMatchObject({
    response: { output: [{ type: "function_call", name: "postgres_execute_sql", namespace: "mcp__litellm" }] },
  });
});

test("the first event of a response has the fields that LiteLLM 1.77.1 requires", async () => {
  const token = await scripted({ say: "x" });
  const { text } = await ask("/v1/responses", { model: "m", stream: true, tools: [flatTool], input: token });
  const [created] = events(text);
  expect(created?.event).toBe("response.created");
  const { response } = JSON.parse(created?.data ?? "{}") as { response: Json };
  for (const field of ["parallel_tool_calls", "tool_choice", "tools", "top_p"]) expect(response).toHaveProperty(field);
  const numbers = events(text).map(({ data }) => (JSON.parse(data) as { sequence_number: number }).sequence_number);
  expect(numbers).toEqual(numbers.map((_, index) => index + (numbers[0] ?? 0)));
});

test("a tool that is not offered is reported in the answer and in the journal", async () => {
  const token = await scripted(callSql);
  const { text } = await ask("/v1/responses", { model: "m", tools: [], input: token });
  expect(text).toContain("tool not offered: postgres-execute_sql");
  const [entry] = await model.journal(token);
  expect(entry?.toolNotOffered).toMatchObject({ tool: "postgres-execute_sql" });
});

test("the journal contains the request, the offered tools and the reply, but no key", async () => {
  const token = await scripted({ say: "x" });
  await fetch(`${url}/v1/responses`, {
    method: "POST",
    headers: { authorization: "Bearer sk-provider" },
    body: JSON.stringify({ model: "m", tools: [namespace], input: token }),
  });
  const entries = await model.journal(token);
  expect(entries).toHaveLength(1);
  expect(entries[0]).toMatchObject({
    script: token,
    path: "/v1/responses",
    toolsOffered: ["mcp__litellm.postgres_execute_sql"],
  });
  expect(JSON.stringify(entries)).not.toContain("sk-provider");
});

test("the longest token decides, and two scripts cannot have the same token", async () => {
  await model.script("short", { includes: "abc", turns: [{ say: "short" }] });
  await model.script("long", { includes: "abcdef", turns: [{ say: "long" }] });
  const { text } = await ask("/v1/responses", { model: "m", input: "abcdefg" });
  expect(text).toContain("long");
  await expect(model.script("again", { includes: "abc", turns: [{ say: "x" }] })).rejects.toThrow();
});
