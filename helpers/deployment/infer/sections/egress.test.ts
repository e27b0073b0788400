import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { deploymentView } from "../deployment-view.ts";
import { smallDeployment } from "../small-deployment.ts";
import { stateEgress } from "./egress.ts";

const compose = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: [--config, /app/config.yaml]
    environment: { INSIDE: "http://ollama:11434", UNKNOWN: "http://placeholder.invalid" }
    extra_hosts: ["gpu.example.org:host-gateway"]
    volumes: [./config.yaml:/app/config.yaml:ro]
  ollama: { image: ollama/ollama }
`;

function egressOf(config: string, changed = compose) {
  using deployment = smallDeployment({ "compose.yaml": changed, "config.yaml": config });
  const view = deploymentView(readFacts(deployment.folder));
  if (typeof view === "string") throw new Error(`no ${view}`);
  return stateEgress(view).map(({ value, remarks }) => ({ ports: value.ports, remarks }));
}

test.each([
  ["openai/gpt-5", undefined, [443]],
  ["gpt-5", undefined, [443]],
  ["openai/gpt-5", "https://llm.example.org/v1", [443]],
  ["openai/gpt-5", "http://llm.example.org:8080/v1", [8080]],
  ["openai/gpt-5", "http://203.0.114.7/v1", [80]],
  ["openai/gpt-5", "os.environ/NOT_SET", [443]],
  ["openai/gpt-5", "os.environ/UNKNOWN", [443]],
  ["azure/gpt-5", "https://<resource>.openai.azure.com", [443]],
  ["ollama/llama3", undefined, []],
  ["ollama/llama3", "os.environ/NOT_SET", []],
  ["ollama/llama3", "os.environ/INSIDE", []],
  ["ollama/llama3", "https://ollama.example.org", [443]],
  ["openai/llama3", "http://ollama:11434/v1", []],
  ["openai/llama3", "http://host.docker.internal:3001/v1", []],
  ["openai/llama3", "http://gpu.example.org:3001/v1", []],
  ["openai/llama3", "http://192.168.1.20:8084/v1", []],
  ["openai/llama3", "http://gpu.lan:8084/v1", []],
])("a model %s at %s is called outside on %j", (model, base, ports) => {
  const parameters = JSON.stringify({ model, api_base: base });
  const remarks = ["The model providers."];
  const expected = ports.length === 0 ? [] : [{ ports, remarks }];
  expect(egressOf(`model_list: [{ model_name: one, litellm_params: ${parameters} }]\n`)).toEqual(expected);
});

test("the variable of a provider names its address", () => {
  const model = "model_list: [{ model_name: one, litellm_params: { model: ollama_chat/llama3 } }]\n";
  const outside = compose.replace("INSIDE:", 'OLLAMA_API_BASE: "https://ollama.example.org", INSIDE:');
  expect(egressOf(model, outside)).toMatchObject([{ ports: [443] }]);
  const inside = compose.replace("INSIDE:", 'OPENAI_BASE_URL: "http://ollama:11434/v1", INSIDE:');
  expect(egressOf(model.replace("ollama_chat/llama3", "openai/llama3"), inside)).toEqual([]);
});

test("MCP servers outside are called too, those of the deployment are not", () => {
  const server = (url: string): string => `mcp_servers: { one: { transport: http, url: "${url}" } }\n`;
  const model = "model_list: [{ model_name: one, litellm_params: { model: gpt-5 } }]\n";
  expect(egressOf(server("https://mcp.example.org/mcp"))).toEqual([
    { ports: [443], remarks: ["The MCP servers outside."] },
  ]);
  expect(egressOf(`${model}${server("http://mcp.example.org:8000/mcp")}`)).toEqual([
    { ports: [443, 8000], remarks: ["The model providers and the MCP servers outside."] },
  ]);
  expect(egressOf(server("http://ollama:8000/mcp"))).toEqual([]);
});

test("a LiteLLM without a network that leads outside calls nothing there", () => {
  const model = "model_list: [{ model_name: one, litellm_params: { model: gpt-5 } }]\n";
  expect(egressOf(model, `${compose}networks: { default: { internal: true } }\n`)).toEqual([]);
});
