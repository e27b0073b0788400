import { expect, test } from "vitest";
import { readFacts } from "../../facts.ts";
import { deploymentView } from "../deployment-view.ts";
import type { EdgeEntryPoint } from "../edge/edge-view.ts";
import { smallDeployment } from "../small-deployment.ts";
import { stateReach } from "./reach.ts";

/** The rules of a compose file, e.g. `litellm to pg: 5432`. */
function rulesOf(compose: string, entryPoints: readonly EdgeEntryPoint[] = []): string[] {
  using deployment = smallDeployment({ "compose.yaml": compose });
  const view = deploymentView(readFacts(deployment.folder));
  if (typeof view === "string") throw new Error(`no ${view}`);
  const { rules } = stateReach(view, { hosts: [], entryPoints, hasFirewall: false });
  return rules.map(({ value: { from, to, ports } }) => `${from} to ${to}: ${ports.join(", ")}`).toSorted();
}

test("a service listens where LiteLLM's environment says, also where its image and its entry point do not show it", () => {
  const compose = `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { DATABASE_URL: "postgresql://llm:pw@pgbouncer:6432/llm", REDIS_HOST: cache, REDIS_PORT: "6380" }
  pgbouncer: { image: edoburu/pgbouncer }
  cache: { image: "redis:7", entrypoint: [/start.sh] }
  provision: { image: "postgres:18", command: [sh, -c, "psql -h pgbouncer -f /provision.sql"] }
`;
  expect(rulesOf(compose)).toEqual([
    "cache to litellm: 4000",
    "cache to pgbouncer: 6432",
    "litellm to cache: 6380",
    "litellm to pgbouncer: 6432",
    "pgbouncer to cache: 6380",
    "pgbouncer to litellm: 4000",
    "provision to cache: 6380",
    "provision to litellm: 4000",
    "provision to pgbouncer: 6432",
  ]);
});

test.each(["service:node", "container:the-node"])("a LiteLLM with network_mode %s listens at its node", (mode) => {
  const others = Array.from({ length: 9 }, (_, index) => `  other-${index}: { image: ghost:5 }\n`).join("");
  const compose = `services:
  node: { image: tailscale/tailscale, container_name: the-node }
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    network_mode: ${mode}
    environment: { OLLAMA_API_BASE: "http://ollama:11434" }
  ollama: { image: ollama/ollama }
  web: { image: "nginx:1", expose: [80] }
${others}`;
  const rules = rulesOf(compose);
  expect(rules).toContain("web to node: 4000");
  expect(rules).toContain("node to ollama: 11434");
  expect(rules).toContain("node to web: 80");
  // The network has too many services to state more than LiteLLM's.
  expect(rules).not.toContain("ollama to web: 80");
  expect(rules.filter((rule) => rule.startsWith("litellm") || rule.includes("to litellm"))).toEqual([]);
});

test("what listens on Traefik's own loopback, or for UDP, is open to no other service", () => {
  const compose = `services:
  traefik: { image: "traefik:v3.5.3" }
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1" }
  vpn: { image: example/vpn, ports: ["51820:51820/udp", "8443:8443"], expose: ["53/udp"] }
`;
  const entryPoints = [
    { name: "web", port: 80, address: undefined },
    { name: "lan", port: 81, address: "192.168.1.2" },
    { name: "ping", port: 8082, address: "127.0.0.1" },
  ];
  expect(rulesOf(compose, entryPoints).filter((rule) => rule.startsWith("litellm"))).toEqual([
    "litellm to traefik: 80, 81",
    "litellm to vpn: 8443",
  ]);
});

test("what a LiteLLM in Traefik's network namespace listens on is open at Traefik", () => {
  const compose = `services:
  traefik: { image: "traefik:v3.5.3" }
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", network_mode: "service:traefik" }
  web: { image: "ghost:5" }
`;
  expect(rulesOf(compose, [{ name: "web", port: 80, address: undefined }])).toContain("web to traefik: 80, 4000");
});
