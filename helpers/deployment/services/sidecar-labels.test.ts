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
  ["a second program", rule + port("llm", 4000) + port("other", 8080), ""],
  ["no port", rule, ""],
  ["labels of LiteLLM's own", rule + port("llm", 4000), "labels: { traefik.enable: 'true' }"],
])("labels of a VPN stay where they are: %s", (_, vpn, litellm) => {
  expect(labelsOf(vpn, litellm).vpn).toContain("traefik.http.routers.llm.rule");
});
