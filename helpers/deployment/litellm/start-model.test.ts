import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { writtenFolder } from "../source/written-folder.ts";
import { listedModels } from "./chat-models.ts";

/** What the suite reads of a LiteLLM with this command. */
function read(command: string, more = ""): { models: unknown; startModel: string | undefined; findings: string[] } {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.106.2
    command: ${command}
    environment: { LITELLM_MASTER_KEY: sk-0123456789abcdef${more} }
    volumes: ["./config.yaml:/app/config.yaml"]
`,
    "config.yaml": "model_list: [{ model_name: small, litellm_params: { model: openai/gpt-5-nano } }]\n",
  });
  const facts = readFacts(deployment.folder);
  const config = facts.liteLLM()?.config;
  expect(facts.faults.faults).toEqual([]);
  return {
    models: listedModels(config).map(({ model_name: name, litellm_params: params }) => [name, params]),
    startModel: config?.startModel?.value,
    findings: facts.notes.notes.map(({ line, what }) => `${line}: ${what}`).filter((text) => text.includes("--model")),
  };
}

test.each([
  ["[--model, openai/gpt-5, --alias, best]", { model: "openai/gpt-5" }],
  ["[-m, openai/gpt-5]", { model: "openai/gpt-5" }],
  [
    "litellm --model=openai/gpt-5 --api_base http://vllm:8000/v1",
    { model: "openai/gpt-5", api_base: "http://vllm:8000/v1" },
  ],
  ['sh -c "exec litellm --model openai/gpt-5 --port 4000"', { model: "openai/gpt-5" }],
])("the model of the command %s is LiteLLM's", (command, params) => {
  expect(read(command)).toEqual({
    models: [["openai/gpt-5", params]],
    startModel: "openai/gpt-5",
    findings: [],
  });
});

test.each(["[--port, '4000']", "python -m litellm --port 4000"])("the command %s names no model", (command) => {
  expect(read(command)).toEqual({ models: [], startModel: undefined, findings: [] });
});

test("next to a config, the model of the command answers the requests for the config's models: a finding", () => {
  const { models, findings } = read("[--config, /app/config.yaml, --model, openai/gpt-5]");
  expect(models).toEqual([
    ["small", { model: "openai/gpt-5-nano" }],
    ["openai/gpt-5", { model: "openai/gpt-5" }],
  ]);
  expect(findings).toEqual(["4: '--model openai/gpt-5' answers every request: small of the config never does"]);
});

test("with CONFIG_FILE_PATH, LiteLLM does not read the model of its command: a finding", () => {
  const { models, startModel, findings } = read("[--model, openai/gpt-5]", ", CONFIG_FILE_PATH: /app/config.yaml");
  expect([models, startModel]).toEqual([[["small", { model: "openai/gpt-5-nano" }]], undefined]);
  expect(findings).toEqual(["4: LiteLLM does not read '--model openai/gpt-5'"]);
});
