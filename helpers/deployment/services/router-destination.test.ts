import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { writtenFolder } from "../source/written-folder.ts";
import { withTraefik } from "../types.ts";
import { leadsToAnotherService, leadsToLiteLLM } from "./router-destination.ts";

/** Of each router: `litellm`, `another`, or `unknown`. */
async function destinations(): Promise<Record<string, string>> {
  using folder = writtenFolder({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.6
    command: --providers.docker=true --providers.file.filename=/etc/dynamic.yaml --entrypoints.web.address=:80
    volumes: ["./dynamic.yaml:/etc/dynamic.yaml"]
    labels:
      traefik.http.routers.by-url.rule: Host(\`gw.lan\`) && Path(\`/by-url\`)
      traefik.http.routers.by-url.service: by-url
      traefik.http.services.by-url.loadbalancer.server.url: http://litellm:4000
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { LITELLM_MASTER_KEY: sk-a-long-master-key }
    labels:
      traefik.http.routers.own.rule: Host(\`gw.lan\`)
      traefik.http.routers.pings.rule: Host(\`gw.lan\`) && Path(\`/ping\`)
      traefik.http.routers.pings.service: ping@internal
      traefik.http.services.own.loadbalancer.server.port: 4000
      traefik.http.routers.own.service: own
  grafana:
    image: grafana/grafana:11.0.0
    labels:
      traefik.http.routers.grafana.rule: Host(\`gw.lan\`) && PathPrefix(\`/grafana\`)
      traefik.http.services.grafana.loadbalancer.server.port: 3000
`,
    "dynamic.yaml": `http:
  routers:
    file-own: { rule: "Host(\`gw.lan\`) && Path(\`/a\`)", service: file-litellm }
    file-other: { rule: "Host(\`gw.lan\`) && Path(\`/b\`)", service: file-grafana }
    file-both: { rule: "Host(\`gw.lan\`) && Path(\`/d\`)", service: file-both }
    file-address: { rule: "Host(\`gw.lan\`) && Path(\`/e\`)", service: file-address }
    file-missing: { rule: "Host(\`gw.lan\`) && Path(\`/c\`)", service: nothing }
  services:
    file-litellm: { loadBalancer: { servers: [{ url: "http://litellm:4000" }] } }
    file-both: { loadBalancer: { servers: [{ url: "http://grafana:3000" }, { url: "http://litellm:4000" }] } }
    file-address: { loadBalancer: { servers: [{ url: "http://192.0.2.7:8080" }] } }
    file-grafana: { loadBalancer: { servers: [{ url: "http://grafana:3000" }] } }
`,
    "policy.yaml": `hosts:
  - { name: gw.lan, entry_point: web, scheme: http, zone: internal, access: [{ who: litellm }] }
secrets:
  - { name: LITELLM_MASTER_KEY, kind: api-key, may_be_in: [litellm.environment] }
reach: []
`,
  });
  const deployment = withTraefik(await loadDeployment(folder.folder));
  const { traefikModel: model } = deployment;
  return Object.fromEntries(
    model.routers.map((router) => {
      const isOther = leadsToAnotherService(router, model, deployment);
      return [router.name, leadsToLiteLLM(router, model, deployment) ? "litellm" : isOther ? "another" : "unknown"];
    }),
  );
}

test("a router leads to LiteLLM or to another service by its container, by its servers' URLs, or as far as no file says", async () => {
  expect(await destinations()).toEqual({
    "by-url": "litellm",
    own: "litellm",
    pings: "unknown",
    grafana: "another",
    "file-own": "litellm",
    "file-other": "another",
    "file-both": "litellm",
    "file-address": "unknown",
    "file-missing": "unknown",
  });
});
