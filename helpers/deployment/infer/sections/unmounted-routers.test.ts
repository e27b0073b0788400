import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { deploymentView } from "../deployment-view.ts";
import { smallDeployment } from "../small-deployment.ts";
import { routersInFolder } from "./unmounted-routers.ts";
import { placeholderHost } from "./unnamed-host.ts";

const traefik = "  traefik: { image: 'traefik:v3.5.3' }\n";
const compose = (more: string): string => `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    ports: ["4100:4000"]
    environment: { PROXY_BASE_URL: "http://placeholder.invalid" }
${more}`;

const dynamic = (url: string, rule = "Host(`AI.example.org`) || Host(`llm.example.org`)"): string => `http:
  routers:
    llm: { rule: "${rule}", service: llm@file, entryPoints: [websecure], tls: {} }
  services:
    llm: { loadBalancer: { servers: [{ url: "${url}" }] } }
`;

function found(files: Readonly<Record<string, string>>, more = traefik) {
  using deployment = smallDeployment({ "compose.yaml": compose(more), ...files });
  const view = deploymentView(readFacts(deployment.folder));
  if (typeof view === "string") throw new Error(`no ${view}`);
  const entryPoints = [
    { name: "web", port: 80 },
    { name: "websecure", port: 443 },
  ];
  return { routers: routersInFolder(view), host: placeholderHost({ view, unserved: [], edge: { entryPoints } }) };
}

test.each([
  ["http://litellm:4000", true],
  ["http://192.168.1.5:4100", true],
  ["http://host.docker.internal:4100/", true],
  ["http://litellm:8080", false],
  ["http://192.168.1.5:4000", false],
  ["http://open-webui:8080", false],
])("a file of Traefik's that nothing mounts leads to LiteLLM by %s: %s", (url, isExpected) => {
  expect(found({ "rules/llm.yml": dynamic(url) }).routers).toHaveLength(isExpected ? 1 : 0);
});

test("its host is the gateway's name, with its entry point and its line, as a question", () => {
  const { host } = found({ "rules/llm.yml": dynamic("http://litellm:4000"), "rules/broken.yml": "http: [routers" });
  expect(host.value).toMatchObject({
    name: "ai.example.org",
    entry_point: "websecure",
    scheme: "https",
    zone: "external",
  });
  expect(host.questions).toEqual([
    "by which name do clients call the gateway? No rule of Traefik names a host that leads to LiteLLM. The names are in " +
      "rules/llm.yml:3 (ai.example.org, llm.example.org), a file of Traefik's that nothing mounts",
  ]);
});

test("the same holds in TOML, and where the Traefik is not in the files", () => {
  const toml = `[http.routers.llm]
rule = "Host(\`llm.lan\`)"
service = "llm"
[http.services.llm.loadBalancer]
servers = [{ url = "http://litellm:4000" }]
`;
  const { host } = found({ "llm.toml": toml }, "");
  expect(host.value.name).toBe("llm.lan");
  expect(host.questions?.[0]).toContain("The name is in llm.toml:2 (llm.lan), a file of Traefik's that nothing mounts");
});

test("without such a file, or with a placeholder in its rule, the name is a placeholder of the policy", () => {
  expect(found({}).host.value.name).toBe("litellm.internal");
  const rule = "Host(`<your-domain>`) || Host(`{{ .Host }}`)";
  expect(found({ "llm.yml": dynamic("http://litellm:4000", rule) }).host.value.name).toBe("litellm.internal");
});
