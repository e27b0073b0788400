import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { type DeploymentView, deploymentView } from "../deployment-view.ts";
import { markedView } from "../marked-view.ts";
import { smallDeployment } from "../small-deployment.ts";
import { findClients } from "./clients.ts";
import { type ServiceClients, serviceClients } from "./service-clients.ts";

const config = "general_settings: { master_key: os.environ/MASTER_KEY }\n";
const env = "MASTER_KEY=sk-master-000000\nCHAT_KEY=sk-chat-0000000\n";

/** What is found for an Open WebUI with these settings. */
function foundFor(service: string, files: Readonly<Record<string, string>> = {}): ServiceClients {
  const compose = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    command: [--config, /app/config.yaml]
    env_file: litellm.env
    volumes: ["./config.yaml:/app/config.yaml"]
    ports: ["8400:4000"]
  chat:
    image: ghcr.io/open-webui/open-webui:main
${service}`;
  using deployment = smallDeployment({
    "compose.yaml": compose,
    "config.yaml": config,
    "litellm.env": env,
    "litellm/scoped.py": "",
    ...files,
  });
  const { folder } = deployment;
  const view = viewOf(readFacts(folder));
  const marked = markedView(view, (replace) => readFacts(folder, { replace }));
  return serviceClients(view, { marked, hosts: ["ai.lan"], files: findClients(view, ["ai.lan"]) });
}

function viewOf(facts: ReturnType<typeof readFacts>): DeploymentView {
  const view = deploymentView(facts);
  if (typeof view === "string") throw new Error(`no ${view}`);
  return view;
}

const settings = (url: string, key: string): string =>
  `    environment: { OPENAI_API_BASE_URL: "${url}", OPENAI_API_KEY: "${key}" }\n`;
const client = { name: "open-webui", kind: "open-webui", service: "chat" };
const master = "$" + "{MASTER_KEY}";

test.each(["http://litellm:4000/v1", "http://ai.lan/v1", "http://host.docker.internal:8400/v1"])(
  "an Open WebUI with %s and the master key is a client",
  (url) => {
    const { inServices, questions } = foundFor(settings(url, master));
    expect(inServices).toEqual([{ value: client }]);
    expect(questions).toEqual([]);
  },
);

test("of several providers, the gateway's key counts", () => {
  const several = (keys: string): string =>
    `    environment: { OPENAI_API_BASE_URLS: "http://ollama:11434/v1;http://litellm:4000/v1", OPENAI_API_KEYS: "${keys}" }\n`;
  expect(foundFor(several(`none;${master}`)).inServices).toEqual([{ value: client }]);
  expect(foundFor(several(`${master};`)).questions[0]).toMatch(/^which key does chat send/);
});

test.each([
  ["another provider", settings("http://ollama:11434/v1", master)],
  ["another program of the host", settings("http://host.docker.internal:4000/v1", master)],
  ["the host's own network", `    network_mode: host\n${settings("http://litellm:4000/v1", master)}`],
  [
    "a name of its own extra_hosts",
    `    extra_hosts: ["litellm:10.0.0.5"]\n${settings("http://litellm:4000/v1", master)}`,
  ],
])("%s does not make a client", (_, service) => {
  expect(foundFor(service)).toEqual({ inServices: [], inFiles: [], questions: [] });
});

test("a key that no file gives, and one whose rights no file says, are questions", () => {
  const missing = foundFor('    environment: { OPENAI_API_BASE_URL: "http://litellm:4000/v1" }\n');
  expect(missing.inServices).toEqual([]);
  expect(missing.questions).toEqual([
    "which key does chat send to LiteLLM (compose.yaml:10)? No file gives it OPENAI_API_KEY; set it, and add " +
      "`{ name: open-webui, kind: open-webui, service: chat }` to `clients`: until then nothing is proved of it",
  ]);
  const limited = foundFor(settings("http://litellm:4000/v1", "$" + "{CHAT_KEY}"));
  expect(limited.inServices).toEqual([]);
  expect(limited.questions[0]).toMatch(/^what may the key do that chat sends .*with `secret: CHAT_KEY`, and add/);
});

test("the service's env file is not a second client; another file is", () => {
  const files = {
    "chat.env": "OPENAI_API_BASE_URL=http://litellm:4000/v1\nOPENAI_API_KEY=sk-master-000000\n",
    "other/webui.env": "OPENAI_API_BASE_URL=http://ai.lan/v1\n",
  };
  const { inServices, inFiles } = foundFor(
    `    env_file: chat.env\n${settings("http://litellm:4000/v1", master)}`,
    files,
  );
  expect(inFiles.map(({ stated }) => stated.value.config)).toEqual(["other/webui.env"]);
  expect(inServices.map(({ value }) => [value.name, value.service])).toHaveLength(1);
});
