import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { smallDeployment } from "../small-deployment.ts";
import { type OtherProxy, otherProxy, proxiesAmong } from "./other-proxies.ts";

function proxyOf(lines: string): Omit<OtherProxy, "location"> | undefined {
  using deployment = smallDeployment({
    "compose.yaml": `services:\n  litellm:\n    image: ghcr.io/berriai/litellm:main-v1.77.1\n${lines}`,
  });
  const service = readFacts(deployment.folder).compose?.services.get("litellm");
  if (service === undefined) throw new Error("the service is missing");
  const other = otherProxy(service);
  return other && { proxy: other.proxy, hosts: other.hosts };
}

test("labels for Traefik, of a container or of a stack", () => {
  const rule = "traefik.http.routers.llm.rule";
  expect(proxyOf(`    labels: { ${rule}: "Host(\`AI.example.org\`) || Host(\`llm.example.org\`)" }\n`)).toEqual({
    proxy: "Traefik",
    hosts: ["ai.example.org", "llm.example.org"],
  });
  expect(proxyOf(`    deploy: { labels: ["traefik.enable=true"] }\n`)).toEqual({ proxy: "Traefik", hosts: [] });
});

test("labels for Caddy, and the variable for nginx", () => {
  const caddy = '    labels: { caddy: "ai.example.org", caddy.reverse_proxy: "{{upstreams 4000}}" }\n';
  expect(proxyOf(caddy)).toEqual({ proxy: "Caddy", hosts: ["ai.example.org"] });
  const nginx = "    environment: { VIRTUAL_HOST: 'ai.example.org,*.example.com' }\n";
  expect(proxyOf(nginx)).toEqual({ proxy: "nginx", hosts: ["ai.example.org"] });
});

test("a service without a sign of a proxy has none", () => {
  expect(proxyOf('    labels: { com.centurylinklabs.watchtower.enable: "true" }\n')).toBeUndefined();
});

function proxiesOf(services: string, servers = "{}"): string[] {
  using deployment = smallDeployment({
    "compose.yaml": `services:\n${services}`,
    "config.yaml": `model_list: []\nmcp_servers: ${servers}\n`,
  });
  const facts = readFacts(deployment.folder);
  const { compose } = facts;
  const litellm = compose?.services.get("litellm");
  if (compose === undefined || litellm === undefined) throw new Error("the service is missing");
  return proxiesAmong({ compose, litellm, config: facts.liteLLM()?.config }).map(({ proxy }) => proxy);
}

test("a proxy that only LiteLLM calls stands in front of an MCP server", () => {
  const services = (ports: string): string => `
  litellm:
    image: 'ghcr.io/berriai/litellm:main-v1.77.1'
    command: --config /app/config.yaml
    volumes: ['./config.yaml:/app/config.yaml']
  browsers: { image: 'haproxy:3'${ports} }
  web: { image: 'nginx:1' }
`;
  const servers = '{ browser: { url: "http://browsers:8080/mcp" } }';
  expect(proxiesOf(services(""), servers)).toEqual(["nginx"]);
  expect(proxiesOf(services(", ports: ['8080:8080']"), servers)).toEqual(["HAProxy", "nginx"]);
  expect(proxiesOf(services(""))).toEqual(["HAProxy", "nginx"]);
});

test("proxies and tunnels among the services", () => {
  const proxies = proxiesOf(`
  litellm: { image: 'ghcr.io/berriai/litellm:main-v1.77.1' }
  web: { image: 'caddy:2' }
  tunnel: { image: cloudflare/cloudflared:latest }
  exporter: { image: nginx/nginx-prometheus-exporter }
  api-gateway: { image: 'apache/apisix:3.11.0-debian' }
  dashboard: { image: apache/apisix-dashboard }
  kong: { image: 'kong:3.9' }
  enterprise: { image: 'kong/kong-gateway:3.9' }
  acme: { image: nginxproxy/acme-companion, volumes: ['certs:/etc/nginx/certs'] }
  front: { image: 'registry.lan/front:1', volumes: ['./gateway.conf:/etc/nginx/conf.d/gateway.conf'] }
  pages: { build: { context: ., dockerfile_inline: "FROM nginx:1 AS tools\\nFROM node:24\\n" } }
volumes: { certs: {} }
`);
  expect(proxies).toEqual(["Caddy", "a Cloudflare tunnel", "APISIX", "Kong", "Kong", "nginx"]);
});

test.each([
  ["of LiteLLM", "image: 'ghcr.io/berriai/litellm:main-v1.77.1', network_mode: 'service:node'", "", 1],
  ["of a proxy", "image: 'ghcr.io/berriai/litellm:main-v1.77.1'", "image: 'nginx:1', network_mode: 'service:node'", 1],
  ["of its own", "image: 'ghcr.io/berriai/litellm:main-v1.77.1'", "image: ollama/ollama", 1],
  [
    "of another service",
    "image: 'ghcr.io/berriai/litellm:main-v1.77.1'",
    "image: ollama/ollama, network_mode: 'service:node'",
    0,
  ],
])("a Tailscale node %s", (_, litellm, other, count) => {
  const rest = other === "" ? "" : `  other: { ${other} }\n`;
  const services = (node: string): string => `  node: { ${node} }\n  litellm: { ${litellm} }\n${rest}`;
  const nodes = (all: readonly string[]): number => all.filter((one) => one === "Tailscale").length;
  expect(nodes(proxiesOf(services("image: tailscale/tailscale")))).toBe(count);
  const router = 'image: tailscale/tailscale, environment: { TS_ROUTES: "172.20.0.0/16" }';
  expect(nodes(proxiesOf(services(router)))).toBe(1);
});
