import { expect, test } from "vitest";
import { smallDeployment } from "../../../helpers/deployment/infer/small-deployment.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { renderLiteLLM } from "./render-litellm.ts";

test("a config that a start script makes is mounted with the run's changes, and no script replaces it", async () => {
  using folder = smallDeployment({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    entrypoint: [sh, -c]
    command: ["envsubst < /app/config.template.yaml > /app/config.yaml && exec litellm --config /app/config.yaml"]
    environment: { LITELLM_MASTER_KEY: sk-one-0000, PROVIDER: openai }
    volumes: ["./config.template.yaml:/app/config.template.yaml", "./old.yaml:/app/config.yaml"]
`,
    "config.template.yaml":
      "model_list: [{ model_name: one, litellm_params: { model: $PROVIDER/one, api_base: https://example.org } }]\n",
    "old.yaml": "model_list: []\n",
    "policy.yaml": "services: { traefik: false }\nhosts: [{ name: llm.lan, scheme: http, zone: internal }]\n",
  });
  const deployment = await loadDeployment(folder.folder);
  const rendered = await renderLiteLLM({ deployment, mark: "mark", networks: new Map(), processors: 2 });
  const configs = rendered.files.filter(({ target }) => target === "/app/config.yaml");
  expect(configs.map(({ content }) => JSON.parse(String(content)))).toMatchObject([
    { model_list: [{ litellm_params: { model: "openai/one", api_base: "http://model-provider:8080/v1" } }] },
  ]);
  expect([deployment.litellm.entrypoint, rendered.command]).toEqual([["litellm"], ["--config", "/app/config.yaml"]]);
});
