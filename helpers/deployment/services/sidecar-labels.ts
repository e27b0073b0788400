import type { ComposeFile, ComposeService, ComposeValue } from "../compose/types.ts";
import { isLiteLLMImage } from "./build-outline.ts";
import { liteLLMPortOf } from "./litellm-port.ts";
import { namespaceOwner } from "./network-namespace.ts";

/**
 * A compose file in which a LiteLLM has the labels for Traefik of the sidecar whose network namespace it runs in
 * (`network_mode: service:vpn`): the container that has the address carries them, and they lead to LiteLLM. Where several programs share
 * the namespace, the port of a Traefik service says whose it is: routers and services of another program stay where they are.
 */
export function withSidecarLabels(compose: ComposeFile): ComposeFile {
  const moved = [...compose.services.values()].flatMap((service): [string, ComposeService][] => {
    const owner = namespaceOwner(compose, service);
    const isAlone = owner !== service && isLiteLLMImage(service.image?.value ?? "") && !hasTraefikLabels(service);
    const holders = isAlone ? labelHolders(owner, liteLLMPortOf(service)) : undefined;
    if (holders === undefined) return [];
    return [
      [
        service.key,
        { ...service, ...labelsOf([service, owner], (name, of) => of === service || holders(name) !== "sidecar") },
      ],
      [owner.key, { ...owner, ...labelsOf([owner], (name) => holders(name) !== "litellm") }],
    ];
  });
  return moved.length === 0 ? compose : { ...compose, services: new Map([...compose.services, ...moved]) };
}

type LabelHolder = "litellm" | "sidecar" | "both";

/** Says who has each label of a sidecar; undefined where the labels lead nowhere on LiteLLM's port, or do not say where. */
function labelHolders(sidecar: ComposeService, port: number): ((label: string) => LabelHolder) | undefined {
  const all = [...sidecar.labels, ...sidecar.deployLabels].map(([name, { value }]) => ({
    name,
    value: String(value),
    item: itemOf(name),
  }));
  const ports = all.filter(({ name }) => /\.loadbalancer\.server\.port$/i.test(name));
  const own = new Set(ports.flatMap(({ value, item }) => (value === String(port) && item ? item.id : [])));
  if (own.size === 0) return undefined;
  if (ports.every(({ value }) => value === String(port))) return (label) => (isTraefiks(label) ? "litellm" : "sidecar");
  const destinations = new Map(
    all.flatMap(({ value, item }) =>
      item?.kind === "routers" && item.option === "service"
        ? [[item.id, `${item.protocol}.services.${value.replace(/@(?:docker|swarm)$/, "").toLowerCase()}`] as const]
        : [],
    ),
  );
  // Traefik links no router of a container with several services on its own.
  if (all.some(({ item }) => item?.kind === "routers" && !destinations.has(item.id))) return undefined;
  return (label) => {
    const item = itemOf(label);
    if (item === undefined) return isTraefiks(label) ? "both" : "sidecar";
    // The middlewares of a container are there for the routers of any other.
    if (item.kind === "middlewares") return "litellm";
    return own.has(destinations.get(item.id) ?? item.id) ? "litellm" : "sidecar";
  };
}

interface LabelItem {
  protocol: string;
  kind: string;
  /** Names it among the items of all kinds; names differ by more than their case. */
  id: string;
  option: string;
}

/** What a label such as `traefik.http.routers.llm.rule` belongs to; undefined for one of the whole container. */
function itemOf(label: string): LabelItem | undefined {
  const [root, protocol = "", kind = "", name, ...option] = label.toLowerCase().split(".");
  if (root !== "traefik" || name === undefined || !/^(?:http|tcp|udp)$/.test(protocol)) return undefined;
  return { protocol, kind, id: `${protocol}.${kind}.${name}`, option: option.join(".") };
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
