import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { hostRoutes, joinedThroughHost, portThroughHost, type RouteEnds } from "./host-route.ts";

/** LiteLLM and Traefik of two projects that share no network. */
function endsOf(
  litellm: string,
  traefik = "",
): RouteEnds & { model: ReturnType<ReturnType<typeof readFacts>["traefik"]> } {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", ${litellm} }
  db: { image: "postgres:17", networks: { ai: { ipv4_address: 10.9.0.5 } } }
  traefik:
    image: traefik:v3.5.3
    command: [--entryPoints.web.address=:80, --providers.file.filename=/rules.yml]
    volumes: [./rules.yml:/rules.yml]
    ${traefik}
networks: { ai: { ipam: { config: [{ subnet: 10.9.0.0/24 }] } } }
`,
    "rules.yml": `http:
  routers: { ai: { rule: "Host(\`ai.example.org\`)", service: ai } }
  services:
    ai:
      loadBalancer:
        servers: [{ url: "http://192.168.3.195:4000/" }]
`,
  });
  const facts = readFacts(deployment.folder);
  const { compose } = facts;
  const own = compose?.services.get("litellm");
  if (compose === undefined || own === undefined) throw new Error(JSON.stringify(facts.faults.faults));
  return { compose, litellm: own, traefik: compose.services.get("traefik"), model: facts.traefik() };
}

test.each([
  ["a private address", "http://192.168.3.195:8400", 4000],
  ["an address of a VPN", "http://100.101.102.103:8400/", 4000],
  ["docker's name for the host", "http://host.docker.internal:8400", 4000],
  ["a name in the LAN", "http://nas.lan:8400", 4000],
  ["another port", "http://192.168.3.195:4000", undefined],
  ["a port of one address", "http://10.0.0.7:8401", 4001],
  ["a port of another address", "http://10.0.0.8:8401", undefined],
  ["a public address", "http://203.0.113.7:8400", undefined],
  ["a name of the internet", "http://ai.example.org:8400", undefined],
  ["Traefik's own loopback", "http://127.0.0.1:8400", undefined],
  ["another service", "http://db:8400", undefined],
  ["a name that no service has", "http://litelm:8400", undefined],
  ["another service's address", "http://10.9.0.5:8400", undefined],
  ["TLS", "https://192.168.3.195:8400", undefined],
  ["no URL", "192.168.3.195:8400", undefined],
])("whether a URL leads to LiteLLM through the host: %s", (_name, url, port) => {
  expect(portThroughHost(url, endsOf('networks: [ai], ports: ["8400:4000", "10.0.0.7:8401:4001"]'))).toBe(port);
});

test("on the host's network LiteLLM has its own port there, and Traefik the host's loopback", () => {
  const ends = endsOf("network_mode: host, command: [--port, '4100']", "network_mode: host");
  expect(portThroughHost("http://127.0.0.1:4100", ends)).toBe(4100);
  expect(portThroughHost("http://127.0.0.1:4000", ends)).toBeUndefined();
});

test("a name that Traefik has for the host by extra_hosts is the host's", () => {
  const ends = endsOf('ports: ["8400:4000"]', 'extra_hosts: ["machine:host-gateway"]');
  expect(portThroughHost("http://machine:8400", ends)).toBe(4000);
});

test("Traefik and LiteLLM share a network of the run where a route leads through the host", () => {
  const { model, ...ends } = endsOf('networks: [ai], ports: ["4000:4000"]');
  expect(hostRoutes(model, ends)).toMatchObject([
    { url: "http://192.168.3.195:4000/", port: 4000, location: { line: 6 } },
  ]);
  const joined = joinedThroughHost(model, ends);
  expect([...joined.litellm.networks.keys()]).toEqual(["ai", "through-host.suite"]);
  expect([...(joined.traefik?.networks.keys() ?? [])]).toEqual(["default", "through-host.suite"]);
  expect(joined.compose.services.get("litellm")).toBe(joined.litellm);
  expect(joined.compose.networks.get("through-host.suite")?.internal).toBe(true);
  const other = endsOf('networks: [ai], ports: ["4001:4000"]');
  expect(joinedThroughHost(other.model, other)).toBe(other);
});
