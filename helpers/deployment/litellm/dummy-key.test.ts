import { expect, test } from "vitest";
import { isDummyKey } from "./dummy-key.ts";

test.each([
  ["OPENAI_API_KEY", "not-needed"],
  ["OPENAI_API_KEY", "sk-no-key-required"],
  ["api_key", "dummy"],
  ["OLLAMA_API_KEY", "ollama"],
  ["OPENAI_API_KEY", "sk-dummy-key"],
  ["VLLM_API_KEY", "EMPTY"],
  ["LM_STUDIO_API_KEY", "lm-studio"],
  ["GITHUB_TOKEN", "placeholder"],
  ["OPENAI_API_KEY", "sk-xxxx"],
  ["DEEPSEEK_API_KEY", "your-key-here"],
  ["OPENAI_API_KEY", "sk-your-key"],
])("%s=%s is not a key", (name, value) => {
  expect(isDummyKey(name, value)).toBe(true);
});

test.each([
  ["OPENAI_API_KEY", "sk-1234"],
  ["OPENAI_API_KEY", "sk-test"],
  ["API_KEY", "changeme"],
  ["API_KEY", "your-key-here"],
  ["OPENAI_API_KEY", "no-one-knows-it-0001"],
  ["LITELLM_MASTER_KEY", "dummy"],
  ["LITELLM_SALT_KEY", "not-needed"],
  ["WEBUI_SECRET_KEY", "dummy"],
  ["UI_PASSWORD", "none-needed"],
])("%s=%s may be a secret", (name, value) => {
  expect(isDummyKey(name, value)).toBe(false);
});
