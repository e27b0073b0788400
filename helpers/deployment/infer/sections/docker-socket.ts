import { mountsSocket } from "../../services/engine-socket.ts";
import type { DeploymentView } from "../deployment-view.ts";
import type { Stated } from "../policy-input.ts";

/** The services next to Traefik that have the engine's socket, as far as they share a network with LiteLLM. */
export function stateDockerSocket({ compose, litellm, traefik }: DeploymentView): Stated<string>[] {
  const own = new Set(litellm.networks.keys());
  return [...compose.services.values()]
    .filter((service) => service.key !== traefik?.key && mountsSocket(service) !== undefined)
    .filter(({ key, networks }) => key === litellm.key || [...networks.keys()].some((name) => own.has(name)))
    .map(({ key }) => ({
      value: key,
      questions: [
        `is ${key} meant to have the engine's socket? Whoever controls it controls every container, and the host`,
      ],
    }));
}
