import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";

/** The labels of each service that has any. */
function labelsOf(vpn: string, litellm = ""): Record<string, string[]> {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  vpn:
    image: qmcgaw/gluetun
    labels:
      owner: me
${vpn}
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", network_mode: "service:vpn", ${litellm} }
`,
  });
  const services = [...(readFacts(deployment.folder).compose?.services.values() ?? [])];
  return Object.fromEntries(
    services.flatMap(({ key, labels }) => (labels.size === 0 ? [] : [[key, [...labels.keys()]]])),
  );
}

const rule = '      traefik.http.routers.llm.rule: "Host(`llm.lan`)"\n';
const port = (service: string, number: number): string =>
  `      traefik.http.services.${service}.loadbalancer.server.port: "${number}"\n`;

test("the labels for Traefik of a VPN are those of the LiteLLM in its network namespace", () => {
  expect(labelsOf(rule + port("llm", 4000))).toEqual({
    vpn: ["owner"],
    litellm: ["traefik.http.routers.llm.rule", "traefik.http.services.llm.loadbalancer.server.port"],
  });
  expect(labelsOf(rule + port("llm", 4100), 'command: ["--port", "4100"]').vpn).toEqual(["owner"]);
});

test.each([
  ["another port", rule + port("llm", 8080), ""],
  ["two programs and a router that names neither", rule + port("llm", 4000) + port("other", 8080), ""],
  ["no port", rule, ""],
  ["labels of LiteLLM's own", rule + port("llm", 4000), "labels: { traefik.enable: 'true' }"],
])("labels of a VPN stay where they are: %s", (_, vpn, litellm) => {
  expect(labelsOf(vpn, litellm).vpn).toContain("traefik.http.routers.llm.rule");
});

test("of a VPN with several programs LiteLLM has the routers, services and middlewares that lead to its port", () => {
  const router = (name: string, service: string): string =>
    `      traefik.http.routers.${name}.service: ${service}\n      traefik.http.routers.${name}.rule: "Host(\`${name}.lan\`)"\n`;
  const shared =
    "      traefik.enable: 'true'\n      traefik.http.middlewares.limit.ratelimit.average: '10'\n" +
    "      traefik.http.routers.llm.middlewares: limit\n";
  const labels = router("llm", "LLM@docker") + router("ui", "ui") + port("llm", 4000) + port("ui", 8080) + shared;
  expect(labelsOf(labels)).toEqual({
    vpn: [
      "owner",
      "traefik.http.routers.ui.service",
      "traefik.http.routers.ui.rule",
      "traefik.http.services.ui.loadbalancer.server.port",
      "traefik.enable",
    ],
    litellm: [
      "traefik.http.routers.llm.service",
      "traefik.http.routers.llm.rule",
      "traefik.http.services.llm.loadbalancer.server.port",
      "traefik.enable",
      "traefik.http.middlewares.limit.ratelimit.average",
      "traefik.http.routers.llm.middlewares",
    ],
  });
});
