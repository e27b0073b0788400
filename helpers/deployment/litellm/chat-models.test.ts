import { expect, test } from "vitest";
import { chatModels, otherKind } from "./chat-models.ts";

const entry = (name: string, model: string, mode?: string) => ({
  model_name: name,
  litellm_params: { model },
  ...(mode === undefined ? {} : { model_info: { mode } }),
});

test("models that answer chats, by their mode and by their names", () => {
  const document = {
    model_list: [
      entry("vectors", "openai/text-embedding-3-small"),
      entry("gpt-5", "openai/gpt-5"),
      entry("order", "cohere/rank-v3", "rerank"),
      entry("openai/*", "openai/*"),
    ],
  };
  expect(chatModels({ document })).toEqual(["gpt-5", "openai/*"]);
});

test("a config without models has none", () => {
  expect(chatModels(undefined)).toEqual([]);
  expect(chatModels({ document: { model_list: "none" } })).toEqual([]);
});

test("an entry that LiteLLM can't read does not hide the others", () => {
  const document = { model_list: [{ model_name: "broken" }, entry("gemini", "vertex_ai/gemini-2.5-flash")] };
  expect(chatModels({ document })).toEqual(["gemini"]);
});

test.each([
  [entry("gemini", "vertex_ai/gemini-2.5-flash"), undefined],
  [entry("painter", "vertex_ai/gemini-2.5-flash-image"), "is taken for another kind by 'image' in its name"],
  [entry("order", "cohere/rank-v3", "rerank"), "has the mode 'rerank'"],
])("why a model is not one for chats: $litellm_params.model", (model, expected) => {
  expect(otherKind(model)).toBe(expected);
});
