import { publishedTo } from "../compose/host-address.ts";
import type { ComposeService, PublishedPort } from "../compose/types.ts";
import type { Deployment } from "../types.ts";
import { planServices } from "./service-plan.ts";

/** A TCP port of the host that a service publishes which a run leaves out. */
export interface LeftOutPort {
  service: ComposeService;
  port: PublishedPort;
}

/** The ports of the host that only services publish which a run does not start: who reaches them is not proved. */
export function leftOutPorts(deployment: Deployment): LeftOutPort[] {
  const planned = [...planServices(deployment).values()];
  const isRun = ({ run }: (typeof planned)[number]): boolean => run.as === "part";
  const published = new Set(planned.filter(isRun).flatMap(({ service }) => portsOf(service).map(({ host }) => host)));
  return planned
    .filter((one) => !isRun(one))
    .flatMap(({ service }) => portsOf(service).map((port) => ({ service, port })))
    .filter(({ port }) => !published.has(port.host) && publishedTo(port.address) !== "nobody");
}

/** Whether a port of the host leads to another service than LiteLLM and Traefik. */
export function isOfOtherService(
  { compose, litellm, traefik }: Pick<Deployment, "compose" | "litellm" | "traefik">,
  port: number,
): boolean {
  const publishing = [...compose.services.values()].filter((one) => portsOf(one).some(({ host }) => host === port));
  return publishing.length > 0 && !publishing.some(({ key }) => key === litellm.key || key === traefik?.key);
}

function portsOf({ ports }: ComposeService): PublishedPort[] {
  return ports.filter(({ protocol }) => protocol === "tcp");
}
