import type { ComposeFile, ComposeService, ComposeValue } from "../compose/types.ts";
import { isLiteLLMImage } from "./build-outline.ts";
import { liteLLMPortOf } from "./litellm-port.ts";
import { namespaceOwner } from "./network-namespace.ts";

/**
 * A compose file in which a LiteLLM has the labels for Traefik of the sidecar whose network namespace it runs in
 * (`network_mode: service:vpn`): the container that has the address carries them, and they lead to LiteLLM. Labels that name the port of
 * another program stay where they are.
 */
export function withSidecarLabels(compose: ComposeFile): ComposeFile {
  const moved = [...compose.services.values()].flatMap((service): [string, ComposeService][] => {
    const owner = namespaceOwner(compose, service);
    const isAlone = owner !== service && isLiteLLMImage(service.image?.value ?? "") && !hasTraefikLabels(service);
    if (!isAlone || !leadTo(owner, liteLLMPortOf(service))) return [];
    return [
      [service.key, { ...service, ...labelsOf([service, owner], (name, of) => of === service || isTraefiks(name)) }],
      [owner.key, { ...owner, ...labelsOf([owner], (name) => !isTraefiks(name)) }],
    ];
  });
  return moved.length === 0 ? compose : { ...compose, services: new Map([...compose.services, ...moved]) };
}

/** Whether a service has labels for Traefik, and each port that they name is the given one. */
function leadTo(service: ComposeService, port: number): boolean {
  const all = [...service.labels, ...service.deployLabels];
  const ports = all.filter(([name]) => /\.loadbalancer\.server\.port$/i.test(name));
  return hasTraefikLabels(service) && ports.length > 0 && ports.every(([, { value }]) => value === String(port));
}

function hasTraefikLabels({ labels, deployLabels }: ComposeService): boolean {
  return [...labels.keys(), ...deployLabels.keys()].some(isTraefiks);
}

function isTraefiks(label: string): boolean {
  return label.toLowerCase().startsWith("traefik.");
}

/** The labels of services together. */
function labelsOf(
  services: readonly ComposeService[],
  isKept: (name: string, of: ComposeService) => boolean,
): Pick<ComposeService, "labels" | "deployLabels"> {
  const joined = (kind: "labels" | "deployLabels"): Map<string, ComposeValue> =>
    new Map(services.flatMap((one) => [...one[kind]].filter(([name]) => isKept(name, one))));
  return { labels: joined("labels"), deployLabels: joined("deployLabels") };
}
