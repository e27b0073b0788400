import { expect, test } from "vitest";
import { readFacts } from "../../../helpers/deployment/facts.ts";
import { writtenFolder } from "../../../helpers/deployment/source/written-folder.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import { moveStartModel } from "./render-start-model.ts";

function deploymentWith(command: string): Pick<Deployment, "litellm" | "litellmConfig"> {
  using deployment = writtenFolder({
    "compose.yaml": `services: { litellm: { image: "ghcr.io/berriai/litellm:main-v1.106.2", command: ${command} } }\n`,
  });
  const facts = readFacts(deployment.folder);
  const [litellm, litellmConfig] = [facts.compose?.services.get("litellm"), facts.liteLLM()?.config];
  if (litellm === undefined || litellmConfig === undefined) throw new Error("LiteLLM could not be read");
  return { litellm, litellmConfig };
}

test("the model of the command is in the config, answers every request, and is listed as a change", () => {
  const config = { file: "/c.yaml", inContainer: "/c.yaml", document: {} as Record<string, unknown> };
  const included = { file: "/i.yaml", inContainer: "/i.yaml", document: { general_settings: { master_key: "k" } } };
  const environment: Record<string, string> = {};
  const changes = moveStartModel([config, included], environment, deploymentWith("[--model, openai/gpt-5]"));
  expect(config.document).toEqual({
    model_list: [{ model_name: "openai/gpt-5", litellm_params: { model: "openai/gpt-5" } }],
  });
  expect(included.document).toEqual({ general_settings: { completion_model: "openai/gpt-5", master_key: "k" } });
  expect(environment).toEqual({ CONFIG_FILE_PATH: "/c.yaml" });
  expect(changes.map(({ where }) => where)).toEqual(["compose.yaml:litellm.command"]);
});

test("without a model in the command, nothing changes", () => {
  const config = { file: "/c.yaml", inContainer: "/c.yaml", document: {} };
  const environment = {};
  expect(moveStartModel([config], environment, deploymentWith("[--port, '4000']"))).toEqual([]);
  expect([config.document, environment]).toEqual([{}, {}]);
});
