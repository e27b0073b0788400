import { expect, test } from "vitest";
import { readFacts } from "../../../../helpers/deployment/facts.ts";
import { writtenFolder } from "../../../../helpers/deployment/source/written-folder.ts";
import type { RenderContext } from "../render-context.ts";
import { labelsOfRun } from "./labels.ts";

function networkOf(own: { litellm?: string; traefik?: string; flag?: string; label?: string }): string | undefined {
  using deployment = writtenFolder({
    "compose.yaml": `services:
  traefik: { image: "traefik:v3.5.3", command: [--providers.docker${own.flag ?? ""}], networks: [${own.traefik ?? "edge"}] }
  litellm:
    image: x
    networks: [${own.litellm ?? "edge"}]
    labels: { traefik.enable: "true"${own.label ?? ""} }
networks: { edge: , data: { name: data-net } }
`,
  });
  const facts = readFacts(deployment.folder);
  const [traefik, litellm] = ["traefik", "litellm"].map((name) => facts.compose?.services.get(name));
  if (litellm === undefined) throw new Error("the service could not be read");
  const networks = new Map(["edge", "data"].map((name) => [name, { name: `run-${name}` }]));
  const context = {
    deployment: { compose: facts.compose, traefik, traefikModel: facts.traefik("traefik") },
    networks,
  } as unknown as RenderContext;
  return labelsOfRun(context, litellm)["traefik.docker.network"];
}

test("Traefik reaches a service by the operator's network, not by one that the run adds", () => {
  expect(networkOf({})).toBe("run-edge");
  expect(networkOf({ litellm: "edge, data", traefik: "edge, data" })).toBe("run-edge");
});

test("of several networks it takes one that Traefik is on, and one that the service is on in place of another name", () => {
  expect(networkOf({ litellm: "data, edge" })).toBe("run-edge");
  expect(networkOf({ label: ", traefik.docker.network: web" })).toBe("run-edge");
  expect(networkOf({ flag: ", --providers.docker.network=web" })).toBe("run-edge");
  // Traefik knows no key of the compose file.
  expect(networkOf({ litellm: "data, edge", label: ", traefik.docker.network: data" })).toBe("run-edge");
});

test("what the operator names stays", () => {
  const networks = { litellm: "edge, data", traefik: "edge, data" };
  expect(networkOf({ ...networks, label: ", traefik.docker.network: data-net" })).toBe("run-data");
  expect(networkOf({ ...networks, flag: ", --providers.docker.network=data-net" })).toBeUndefined();
});
