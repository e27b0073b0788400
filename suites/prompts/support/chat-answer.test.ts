import { expect, test } from "vitest";
import { joined, wholeAnswer } from "./chat-answer.ts";

const piece = (delta: object, finish: string | null = null) => ({
  data: { choices: [{ index: 0, delta, finish_reason: finish }] },
});
const fragment = (index: number, text: string, head: object = {}) =>
  piece({
    tool_calls: [{ index, ...head, function: { arguments: text, ...("id" in head ? { name: `tool_${index}` } : {}) } }],
  });

test("the pieces of a text join to it", () => {
  const pieces = [
    piece({ role: "assistant", content: "" }),
    piece({ content: "one " }),
    piece({ content: "two" }),
    piece({}, "stop"),
  ];
  expect(joined(pieces)).toEqual({ text: "one two", toolCalls: [], finishReason: "stop" });
});

test("the pieces of two calls join by index, however they are mixed", () => {
  const pieces = [
    fragment(0, "", { id: "a" }),
    fragment(1, "", { id: "b" }),
    fragment(1, '{"x"'),
    fragment(0, '{"sql":"SEL'),
    fragment(0, 'ECT 1"}'),
    fragment(1, ":1}"),
    piece({}, "tool_calls"),
    { data: { choices: [], usage: {} } },
  ];
  expect(joined(pieces)).toEqual({
    text: "",
    toolCalls: [
      { id: "a", name: "tool_0", arguments: '{"sql":"SELECT 1"}' },
      { id: "b", name: "tool_1", arguments: '{"x":1}' },
    ],
    finishReason: "tool_calls",
  });
});

test("a whole answer is read; what is none is not taken for an empty one", () => {
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
