import { expect, test } from "vitest";
import { type EntryPoint, StaticConfiguration } from "../traefik/static/static.ts";
import type { ComposeService, Deployment, PublishedPort } from "../types.ts";
import { whyUnpublished } from "./unpublished-port.ts";

const port = (host: number, container: number, line: number, protocol: "tcp" | "udp" = "tcp"): PublishedPort => ({
  host,
  container,
  protocol,
  location: { file: "compose.yaml", line },
});
const service = (name: string, ...ports: PublishedPort[]): ComposeService =>
  ({ name, ports, environment: new Map(), mounts: [] }) as unknown as ComposeService;

const entryPoints = new Map([80, 443].map((own) => [`on-${own}`, { port: own, protocol: "tcp" } as EntryPoint]));
const traefikModel = { static: new StaticConfiguration([], entryPoints) } as unknown as Deployment["traefikModel"];

type Publishing = Pick<Deployment, "compose" | "litellm" | "traefik" | "traefikModel">;

function deployment(traefik: ComposeService, liteLLMPort = port(4000, 4000, 20)): Publishing {
  const litellm = service("litellm", liteLLMPort);
  const services = new Map([traefik, litellm].map((one) => [one.name, one]));
  return { traefik, litellm, traefikModel, compose: { services } as unknown as Deployment["compose"] };
}

test.for([
  ["a port that is published", [port(80, 80, 7)], undefined],
  [
    "a port that is published as another one",
    [port(81, 80, 7)],
    {
      cause: "no service publishes port 80 of the host: traefik publishes its 80 as 81",
      location: { file: "compose.yaml", line: 7 },
    },
  ],
  ["a port of which no service knows", [port(443, 443, 8)], { cause: "no service publishes port 80 of the host" }],
  ["a port for UDP alone", [port(80, 80, 7, "udp")], { cause: "no service publishes port 80 of the host" }],
  [
    "a port that leads to a port without an entry point",
    [port(80, 8080, 7), port(80, 80, 8, "udp")],
    {
      cause: "port 80 of the host leads to port 8080 of the container, where Traefik does not listen (80, 443)",
      location: { file: "compose.yaml", line: 7 },
      fix: "publish a port on which Traefik listens, e.g. 80:80",
    },
  ],
  ["a port that leads to an entry point by one of its addresses", [port(80, 8080, 7), port(80, 80, 8)], undefined],
] as const)("%s", ([_, ports, expected]) => {
  expect(whyUnpublished(deployment(service("traefik", ...ports)), 80)).toEqual(expected);
});

test("a port of LiteLLM that leads to a port on which LiteLLM does not listen", () => {
  expect(whyUnpublished(deployment(service("traefik"), port(4000, 4001, 20)), 4000)).toEqual({
    cause: "port 4000 of the host leads to port 4001 of the container, where LiteLLM does not listen (4000)",
    location: { file: "compose.yaml", line: 20 },
    fix: "publish a port on which LiteLLM listens, e.g. 4000:4000",
  });
});
