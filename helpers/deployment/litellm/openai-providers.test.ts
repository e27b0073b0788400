import { expect, test } from "vitest";
import { modelForRun } from "./openai-providers.ts";

test.each([
  ["openai/gpt-5", "openai/gpt-5"],
  ["hosted_vllm/gpt-5", "hosted_vllm/gpt-5"],
  ["groq/llama3", "groq/llama3"],
  ["openrouter/openai/gpt-5", "openrouter/openai/gpt-5"],
  ["openai/*", "openai/*"],
  ["anthropic/*", "openai/*"],
  ["ollama/llama3", "openai/llama3"],
  ["gpt-5", "openai/gpt-5"],
])("the model %s runs as %s", (model, expected) => {
  expect(modelForRun(model)).toBe(expected);
});
