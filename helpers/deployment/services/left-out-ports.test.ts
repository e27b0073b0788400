import { expect, test } from "vitest";
import { smallDeployment } from "../infer/small-deployment.ts";
import { loadDeployment } from "../load.ts";
import type { Deployment } from "../types.ts";
import { isOfOtherService, leftOutPorts } from "./left-out-ports.ts";

async function deploymentWith(reach: string): Promise<Deployment> {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:main-v1.77.1
    environment: { LITELLM_MASTER_KEY: sk-one-0000, DATABASE_URL: "postgresql://llm:pw@db:5432/llm" }
    ports: ["4000:4000"]
  db: { image: "postgres:16", ports: ["5432:5432"] }
  grafana:
    image: grafana/grafana
    ports:
      - "3000:3000"
      - "127.0.0.1:3001:3001"
      - "5514:514/udp"
      - "192.0.2.7:4000:80"
`,
    "policy.yaml": `hosts: [{ name: llm.lan, scheme: http, zone: internal }]\nservices: { traefik: false }\n${reach}`,
  });
  return await loadDeployment(deployment.folder);
}

test("the ports of services that a run leaves out are those that nothing of the run publishes", async () => {
  const deployment = await deploymentWith("reach: [{ from: lan, to: gateway-host, ports: [4000] }]\n");
  expect(leftOutPorts(deployment).map(({ service, port }) => `${service.key} ${port.host}`)).toEqual(["grafana 3000"]);
  expect([4000, 5432, 3000, 9999].map((port) => isOfOtherService(deployment, port))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test("who reaches the port of a service that is left out is not proved, where the policy says who reaches whom", async () => {
  const notes = async (reach: string): Promise<unknown[]> =>
    (await deploymentWith(reach)).facts.notes.notes
      .filter(({ kind, what }) => kind === "not-proved" && what.startsWith("port"))
      .map(({ what, why, line }) => ({ what, why, line }));
  expect(await notes("reach: [{ from: lan, to: gateway-host, ports: [4000, 3000] }]\n")).toEqual([
    {
      what: "port 3000 of the host is published by grafana, which the run leaves out",
      why: "nothing listens there in a run, so that no check says who reaches it",
      line: 10,
    },
  ]);
  expect(await notes("")).toEqual([]);
});
