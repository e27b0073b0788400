import { publishedTo } from "../../compose/host-address.ts";
import type { ComposeService } from "../../compose/types.ts";
import { addressesOfLiteLLM } from "../../litellm/addresses.ts";
import { serviceAt } from "../../services/hosts.ts";
import { imageServerPort } from "../../services/image-server.ts";
import { liteLLMPortOf } from "../../services/litellm-port.ts";
import { namespaceOwner, servicesInNamespace } from "../../services/network-namespace.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { EdgeEntryPoint } from "../edge/edge-view.ts";
import { declaredPorts, portsInOrder } from "./ports.ts";

/** Where Traefik listens. */
export interface TraefikPorts {
  entryPoints: readonly EdgeEntryPoint[];
  /** The port of Traefik's own entry point, where it answers pings or metrics and has no API. */
  ownPort?: number | undefined;
}

/**
 * The ports on which something listens at the addresses of a service: its own, those of the services in its network namespace, and those
 * that LiteLLM's environment and config name.
 */
export function listeningPorts(
  view: DeploymentView,
  traefikPorts: TraefikPorts,
): (service: ComposeService) => readonly number[] {
  const { compose, litellm, traefik } = view;
  const called = portsThatLiteLLMCalls(view);
  const own = (service: ComposeService): readonly number[] => {
    if (service === litellm) return [liteLLMPortOf(service)];
    if (service === traefik) return portsOfTraefik(traefikPorts);
    const ofImage = imageServerPort(service);
    return [...(ofImage === undefined ? [] : [ofImage]), ...declaredPorts(service)];
  };
  return (service) => {
    const inside = servicesInNamespace(compose, service);
    // What else is in their namespace is not part of a run, and the ports that it publishes have no listener there.
    if (service === litellm || service === traefik)
      return portsInOrder(inside.filter((one) => one === litellm || one === traefik).flatMap(own));
    return portsInOrder([
      ...inside.flatMap(own),
      ...called.flatMap((one) => (one.service === service ? one.port : [])),
    ]);
  };
}

/** Without the entry points that listen on the loopback of Traefik's container, e.g. one for its own pings. */
function portsOfTraefik({ entryPoints, ownPort }: TraefikPorts): readonly number[] {
  const open = entryPoints.filter(({ address }) => publishedTo(address) !== "nobody");
  return [...open.map(({ port }) => port), ...(ownPort === undefined ? [] : [ownPort])];
}

/** The port of each address that LiteLLM's environment and config name, with the service that it finds there. */
function portsThatLiteLLMCalls({
  compose,
  litellm,
  config,
}: DeploymentView): { service: ComposeService | undefined; port: number }[] {
  const from = namespaceOwner(compose, litellm);
  const named = addressesOfLiteLLM(config ?? { environment: litellm.environment, document: {}, texts: [] });
  return named.map(({ host, port }) => ({ service: serviceAt(compose, host, from), port }));
}
