import { expect, test } from "vitest";
import { chatModels, listedModels, otherKind } from "./chat-models.ts";

const environment = new Map(
  Object.entries({ ALIAS: "own-model", MODEL: "ollama/llama3" }).map(([name, value]) => [
    name,
    { value, location: { file: "compose.yaml", line: 1 } },
  ]),
);

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
  expect(chatModels({ document, environment })).toEqual(["gpt-5", "openai/*"]);
});

test("a config without models has none", () => {
  expect(chatModels(undefined)).toEqual([]);
  expect(chatModels({ document: { model_list: "none" }, environment })).toEqual([]);
});

test("a name and a model from variables are resolved; one that is not set stays as it is written", () => {
  const document = {
    model_list: [entry("os.environ/ALIAS", "os.environ/MODEL"), entry("os.environ/NO", "openai/gpt-5")],
  };
  expect(
    listedModels({ document, environment }).map(({ model_name: name, litellm_params: { model } }) => [name, model]),
  ).toEqual([
    ["own-model", "ollama/llama3"],
    ["os.environ/NO", "openai/gpt-5"],
  ]);
});

test("an entry that LiteLLM can't read does not hide the others", () => {
  const document = { model_list: [{ model_name: "broken" }, entry("gemini", "vertex_ai/gemini-2.5-flash")] };
  expect(chatModels({ document, environment })).toEqual(["gemini"]);
});

test.each([
  [entry("gemini", "vertex_ai/gemini-2.5-flash"), undefined],
  [entry("painter", "vertex_ai/gemini-2.5-flash-image"), "is taken for another kind by 'image' in its name"],
  [entry("order", "cohere/rank-v3", "rerank"), "has the mode 'rerank'"],
])("why a model is not one for chats: $litellm_params.model", (model, expected) => {
  expect(otherKind(model)).toBe(expected);
});
