import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { liteLLMPortOf } from "./litellm-port.ts";

test("PORT counts for an image of the operator's own, whose command is in no file", () => {
  using deployment = smallDeployment({
    "compose.yaml": 'services: { litellm: { image: "registry.lan/my-litellm:1.4", environment: { PORT: 8080 } } }\n',
  });
  const service = readFacts(deployment.folder).compose?.services.get("litellm");
  expect(service && liteLLMPortOf(service)).toBe(8080);
});

test.each([
  ["", 4000],
  ["environment: { PORT: 80 }", 4000],
  ["environment: { PORT: 80 }, command: [--config, /app/config.yaml]", 80],
  ["environment: { PORT: 80 }, entrypoint: [litellm]", 80],
  ["environment: { PORT: 80 }, command: [--port, '8000']", 8000],
  ["environment: { MY_PORT: 81 }, command: --port $$MY_PORT", 81],
])("LiteLLM with %s listens on %i", (settings, port) => {
  using deployment = smallDeployment({
    "compose.yaml": `services: { litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", ${settings} } }\n`,
  });
  const service = readFacts(deployment.folder).compose?.services.get("litellm");
  expect(service && liteLLMPortOf(service)).toBe(port);
});
