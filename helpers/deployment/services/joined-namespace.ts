import type { ComposeService, PublishedPort } from "../compose/types.ts";
import type { TraefikModel } from "../traefik/model.ts";
import type { RouteEnds } from "./host-route.ts";
import { linkedNamesOf, ownNamesOf } from "./hosts.ts";
import { liteLLMPortOf } from "./litellm-port.ts";
import { namespaceOwner, networkKeysOf } from "./network-namespace.ts";

/**
 * A deployment in which LiteLLM and Traefik have as their own what they have by the network namespace of a VPN or another sidecar
 * (`network_mode: service:vpn`): its networks and names, and the ports that it publishes and on which they listen. A run starts them
 * without the sidecar. Where both are in one namespace, LiteLLM has its names: Traefik calls LiteLLM by them.
 *
 * @param model says on which ports Traefik listens
 */
export function withJoinedNamespaces<Ends extends RouteEnds>(
  model: Pick<TraefikModel, "static"> | undefined,
  ends: Ends,
): Ends {
  const { compose } = ends;
  const entryPoints = [...(model?.static.entryPoints.values() ?? [])].filter(({ protocol }) => protocol === "tcp");
  const listening = new Map([[ends.litellm.key, [liteLLMPortOf(ends.litellm)]]]);
  if (ends.traefik !== undefined)
    listening.set(
      ends.traefik.key,
      entryPoints.map(({ port }) => port),
    );
  const named = new Set([ends.litellm, ends.traefik]);
  const joined = [...listening].flatMap(([key, ports]) => {
    const service = compose.services.get(key);
    const owner = service && namespaceOwner(compose, service);
    if (service === undefined || owner === undefined || owner === service) return [];
    const names = named.has(owner) ? [] : [...ownNamesOf(owner), ...linkedNamesOf(compose, owner)];
    named.add(owner);
    return [inPlaceOf(owner, service, { names, ports })];
  });
  if (joined.length === 0) return ends;
  const taken = new Set(joined.flatMap(({ ports }) => ports));
  const others = [...compose.services.values()].filter(({ key }) => !joined.some((one) => one.key === key));
  // The joined services come first: a name that the sidecar has too then means what runs in its namespace.
  const services = new Map([...joined, ...others.map((one) => withoutPorts(one, taken))].map((one) => [one.key, one]));
  return {
    ...ends,
    litellm: services.get(ends.litellm.key) ?? ends.litellm,
    traefik: ends.traefik && services.get(ends.traefik.key),
    compose: { ...compose, services },
  };
}

/** @param listening the names by which others find the service in the namespace, and the ports on which it listens */
function inPlaceOf(
  owner: ComposeService,
  service: ComposeService,
  listening: { names: readonly string[]; ports: readonly number[] },
): ComposeService {
  const { names, ports } = listening;
  const aliases = (key: string): readonly string[] =>
    names.length === 0 ? [] : [...names, ...(owner.networks.get(key) ?? [])];
  const hosts = owner.settings.get("extra_hosts");
  return {
    ...service,
    networks: new Map(networkKeysOf(owner).map((key) => [key, aliases(key)])),
    networkLocations: owner.networkLocations,
    fixedAddresses: owner.fixedAddresses,
    networkMode: owner.networkMode ?? service.networkMode,
    links: owner.links,
    ports: owner.ports.filter(({ container, protocol }) => protocol === "tcp" && ports.includes(container)),
    settings: hosts === undefined ? service.settings : new Map([...service.settings, ["extra_hosts", hosts]]),
  };
}

function withoutPorts(service: ComposeService, taken: ReadonlySet<PublishedPort>): ComposeService {
  const ports = service.ports.filter((port) => !taken.has(port));
  return ports.length === service.ports.length ? service : { ...service, ports };
}
