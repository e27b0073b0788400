import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { writtenFolder } from "../../../helpers/deployment/source/written-folder.ts";
import type { RigState } from "../../rigs/rig.ts";
import { publishedIn } from "./parts-of-rig.ts";

const part = (name: string, ports: Readonly<Record<number, number>>) => ({ name, host: "127.0.0.1", ports });
const state = {
  parts: {
    traefik: part("traefik", { 443: 20443, 8443: 28443, 9443: 29443 }),
    litellm: part("litellm", { 4000: 24000 }),
  },
} as unknown as RigState;

async function placeOf(ports: readonly string[]): Promise<(host: string, port: number) => number | undefined> {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  traefik:
    image: traefik:v3.6
    command: --providers.docker=true --entrypoints.inside.address=:443 --entrypoints.outside.address=:8443 --entrypoints.other.address=:9443
    ports: ${JSON.stringify(ports)}
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { LITELLM_MASTER_KEY: sk-a-long-master-key }
    labels:
      traefik.http.routers.a.rule: Host(\`in.lan\`)
      traefik.http.routers.a.entrypoints: inside
      traefik.http.routers.b.rule: Host(\`out.example\`)
      traefik.http.routers.b.entrypoints: outside
      traefik.http.services.s.loadbalancer.server.port: 4000
`,
    "policy.yaml": `hosts:
  - { name: in.lan, entry_point: inside, scheme: https, zone: internal, access: [{ who: litellm }] }
  - { name: out.example, entry_point: OUTSIDE, scheme: https, zone: external, access: [{ who: litellm }] }
`,
  });
  const published = publishedIn(state, await loadDeployment(deployment.folder));
  return (host, port) => published(host, port)?.container;
}

test("a port that compose publishes on two addresses is that of the host's entry point", async () => {
  const place = await placeOf(["192.168.1.2:443:443", "192.0.2.1:443:8443"]);
  expect([place("in.lan", 443), place("out.example", 443)]).toEqual([443, 8443]);
  expect([place("in.lan", 9443), place("in.lan", 4000), place("in.lan", 81)]).toEqual([9443, 4000, undefined]);
});

test("what compose publishes decides, whatever listens on that port in the container", async () => {
  const place = await placeOf(["443:8443"]);
  expect([place("in.lan", 443), place("out.example", 443)]).toEqual([8443, 8443]);
});

test("by the name of its service, a port is that of the container", async () => {
  const place = await placeOf(["443:8443", "4000:9443"]);
  expect([place("traefik", 443), place("traefik", 8443), place("litellm", 4000)]).toEqual([443, 8443, 4000]);
});
