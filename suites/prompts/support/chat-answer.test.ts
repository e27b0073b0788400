import { expect, test } from "vitest";
import { joined, wholeAnswer } from "./chat-answer.ts";

const chunk = (delta: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const fragment = (index: number, text: string, head: object = {}) =>
  chunk({
    tool_calls: [{ index, ...head, function: { arguments: text, ...("id" in head ? { name: `tool_${index}` } : {}) } }],
  });

test("the chunks of a text are joined", () => {
  const chunks = [
    chunk({ role: "assistant", content: "" }),
    chunk({ content: "one " }),
    chunk({ content: "two" }),
    chunk({}, "stop"),
  ];
  expect(joined(chunks)).toEqual({ text: "one two", toolCalls: [], finishReason: "stop" });
});

test("the chunks of two calls are joined by index, in any order", () => {
  const chunks = [
    fragment(0, "", { id: "a" }),
    fragment(1, "", { id: "b" }),
    fragment(1, '{"x"'),
    fragment(0, '{"sql":"SEL'),
    fragment(0, 'ECT 1"}'),
    fragment(1, ":1}"),
    chunk({}, "tool_calls"),
    { choices: [], usage: {} },
  ];
  expect(joined(chunks)).toEqual({
    text: "",
    toolCalls: [
      { id: "a", name: "tool_0", arguments: '{"sql":"SELECT 1"}' },
      { id: "b", name: "tool_1", arguments: '{"x":1}' },
    ],
    finishReason: "tool_calls",
  });
});

test("a whole answer is read; another body is not treated as an empty answer", () => {
  const message = {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "a", function: { name: "x", arguments: "{}" } }],
  };
  expect(wholeAnswer(JSON.stringify({ choices: [{ message, finish_reason: "tool_calls" }] }))).toEqual({
    text: "",
    toolCalls: [{ id: "a", name: "x", arguments: "{}" }],
    finishReason: "tool_calls",
  });
  for (const body of [undefined, "", "<html>", '{"error":{}}', '{"choices":[]}'])
    expect(wholeAnswer(body)).toBeUndefined();
});
