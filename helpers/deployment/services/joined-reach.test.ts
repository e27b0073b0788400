import { expect, test } from "vitest";
import { smallDeployment } from "../infer/small-deployment.ts";
import { loadDeployment } from "../load.ts";

/** The reach rules of a run, e.g. `web to litellm as vpn: 4000`. */
async function rulesOf(services: { litellm: string; traefik: string }, rules: readonly string[]): Promise<string[]> {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { LITELLM_MASTER_KEY: sk-one-0000 }
    labels: { traefik.http.routers.llm.rule: "Host(\`llm.lan\`)", traefik.http.services.llm.loadbalancer.server.port: "4000" }
    ${services.litellm}
  traefik:
    image: traefik:v3.5.3
    command: [--entryPoints.web.address=:80, --providers.docker=true]
    ${services.traefik}
  vpn: { image: tailscale/tailscale, ports: ["80:80", "4000:4000"] }
  web: { image: "ghost:5" }
`,
    "policy.yaml": `hosts: [{ name: llm.lan, entry_point: web, scheme: http, zone: internal, access: [{ who: litellm }] }]
reach:
${rules.map((rule) => `  - { ${rule} }\n`).join("")}`,
  });
  const { policy } = await loadDeployment(deployment.folder);
  return policy.reach.map(
    ({ from, to, as, ports }) => `${from} to ${to}${as === undefined ? "" : ` as ${as}`}: ${ports.join(", ")}`,
  );
}

const inVpn = "network_mode: service:vpn";

test("a rule for a VPN holds for the program in its network namespace", async () => {
  const rules = [
    "from: web, to: vpn, ports: [4000]",
    "from: vpn, to: web, ports: [80]",
    "from: lan, to: gateway-host, ports: [80]",
  ];
  expect(await rulesOf({ litellm: inVpn, traefik: "" }, rules)).toEqual([
    "web to litellm as vpn: 4000",
    "litellm to web: 80",
    "lan to gateway-host: 80",
  ]);
});

test("two programs in one network namespace reach each other, and have its rules both", async () => {
  expect(await rulesOf({ litellm: inVpn, traefik: inVpn }, ["from: web, to: vpn, ports: [80]"])).toEqual([
    "web to litellm as vpn: 80",
    "web to traefik as vpn: 80",
    "litellm to traefik: 4000, 80",
    "traefik to litellm: 4000, 80",
  ]);
});

test("a rule for Traefik holds for the LiteLLM in its network namespace, too", async () => {
  const services = { litellm: "network_mode: service:traefik", traefik: "" };
  expect(await rulesOf(services, ["from: web, to: traefik, ports: [80]"])).toEqual([
    "web to traefik: 80",
    "web to litellm as traefik: 80",
    "traefik to litellm: 4000, 80",
    "litellm to traefik: 4000, 80",
  ]);
});

test("rules for services with networks of their own stay as they are", async () => {
  expect(await rulesOf({ litellm: "", traefik: "" }, ["from: web, to: vpn, ports: [80]"])).toEqual(["web to vpn: 80"]);
});
