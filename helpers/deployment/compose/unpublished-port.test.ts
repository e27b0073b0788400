import { expect, test } from "vitest";
import type { ComposeService, Deployment, PublishedPort } from "../types.ts";
import { whyUnpublished } from "./unpublished-port.ts";

const port = (host: number, container: number, line: number): PublishedPort => ({
  host,
  container,
  protocol: "tcp",
  location: { file: "compose.yaml", line },
});
const service = (name: string, ...ports: PublishedPort[]): ComposeService =>
  ({ name, ports }) as unknown as ComposeService;

function deployment(traefik: ComposeService): Pick<Deployment, "compose" | "litellm" | "traefik"> {
  const litellm = service("litellm", port(4000, 4000, 20));
  const services = new Map([traefik, litellm].map((one) => [one.name, one]));
  return { traefik, litellm, compose: { services } as unknown as Deployment["compose"] };
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
] as const)("%s", ([_, ports, expected]) => {
  expect(whyUnpublished(deployment(service("traefik", ...ports)), 80)).toEqual(expected);
});
